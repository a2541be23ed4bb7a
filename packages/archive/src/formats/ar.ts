import { type Bytes, sliceBytes } from '../bytes.ts';
import { NAME_MAX_CHARS } from '../limits.ts';
import { trimEndOf } from '../member-name.ts';
import { type Format, type OpenArchive, signAt } from './format.ts';

const SIGN = '!<arch>\n';
const HEADER_BYTES = 60;
/** BSD pads a name that precedes the data with this octet. */
const NUL = /\0/u;

/**
 * Unix ar, which Debian packages use too. It is read here because 7-Zip omits members whose name precedes the data
 * (BSD).
 */
export const ar: Format = {
  kind: 'ar',
  extensions: ['deb', 'udeb'],
  find: signAt(SIGN),
  read: readMembers,
};

interface ArHeader {
  readonly name: string;
  readonly sizeBytes: number;
}

function readMembers(archive: OpenArchive): Promise<void> {
  const { bytes } = archive;
  let longNames = '';
  let at = SIGN.length;
  while (at < bytes.sizeBytes && !archive.stopped) {
    const header = readHeader(bytes, at);
    // Members of odd length are padded, except by some writers.
    const next = header ?? readHeader(bytes, at - 1);
    if (next === undefined) {
      archive.problem('error');
      break;
    }
    const start = (header === undefined ? at - 1 : at) + HEADER_BYTES;
    const end = start + next.sizeBytes;
    if (end > bytes.sizeBytes) archive.problem('error');
    if (next.name === '//' || next.name === 'ARFILENAMES/') longNames = textAt(bytes, start, next.sizeBytes);
    else if (next.name !== '/' && next.name !== '/SYM64/') addMember(archive, next, start, Math.min(end, bytes.sizeBytes), longNames);
    at = end + (next.sizeBytes % 2);
  }
  return Promise.resolve();
}

function addMember(archive: OpenArchive, { name, sizeBytes }: ArHeader, start: number, end: number, longNames: string): void {
  const inFront = Number(/^#1\/(\d+)$/u.exec(name)?.[1] ?? 0);
  const called = inFront > 0 ? trimEndOf(textAt(archive.bytes, start, Math.min(inFront, sizeBytes)), NUL) : nameOf(name, longNames);
  const entry = archive.add({ name: called, unpackedBytes: sizeBytes });
  if (entry !== undefined) archive.content(entry, sliceBytes(archive.bytes, Math.min(start + inFront, end), end));
}

/** System V: a name ends with a slash; a slash and a number give the offset in the table of long names. */
function nameOf(name: string, longNames: string): string {
  const at = /^\/(\d+)$/u.exec(name)?.[1];
  if (at === undefined) return name.replace(/\/$/u, '');
  return (longNames.slice(Number(at)).split('\n', 1)[0] ?? '').replace(/\/$/u, '') || name;
}

function readHeader(bytes: Bytes, at: number): ArHeader | undefined {
  if (at + HEADER_BYTES > bytes.sizeBytes) return undefined;
  const text = bytes.read(at, at + HEADER_BYTES).toString('latin1');
  const size = /^ *(\d+) *$/u.exec(text.slice(48, 58))?.[1];
  if (!text.endsWith('`\n') || size === undefined) return undefined;
  return { name: text.slice(0, 16).trimEnd(), sizeBytes: Number(size) };
}

/** A longer name is not read. */
function textAt(bytes: Bytes, start: number, sizeBytes: number): string {
  const room = Math.max(0, Math.min(sizeBytes, bytes.sizeBytes - start, NAME_MAX_CHARS));
  return bytes.read(start, start + room).toString('utf8');
}
