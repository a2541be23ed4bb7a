import { type Bytes, sliceBytes } from '../bytes.ts';
import { findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import type { Format, OpenArchive } from './format.ts';
import { BLOCK_BYTES, isTarHeader, readPaxPaths, readTarHeader, type TarHeader } from './tar-header.ts';

/** Of a pax header or a long name: longer than any path. */
const LONG_MAX_BYTES = 1024 * 1024;
/** Types: GNU's long name and long link, pax headers of one member and of all. */
const LONG_NAME = 'L';
const PAX = new Set(['x', 'X', 'g']);
const DIRECTORY = '5';
const WITHOUT_CONTENT = new Set(['1', '2', '3', '4', DIRECTORY, '6', 'K', 'V', LONG_NAME, ...PAX]);

/** POSIX's and GNU's sign, and where it stands in a header. */
const MAGIC = Buffer.from('ustar');
const MAGIC_AT = 257;

/** tar in all its forms. A member is reported under its short name and under every longer one: unpackers differ in which they take. */
export const tar: Format = {
  kind: 'tar',
  extensions: ['tar'],
  alsoNamed: ['ova'],
  find(bytes, head) {
    if (isTarHeader(head.subarray(0, BLOCK_BYTES))) return { start: 0, certain: true };
    // Behind a script that unpacks it, or behind zeros; 7-Zip finds it there.
    const fits = (window: Buffer, at: number) => isTarHeader(window.subarray(at, at + BLOCK_BYTES));
    const start = findFitting(bytes, MAGIC, STUB_MAX_BYTES, { before: MAGIC_AT, reach: BLOCK_BYTES - MAGIC_AT, fits });
    return start === undefined ? undefined : { start, certain: false };
  },
  read: readTar,
};

function readTar(archive: OpenArchive): void {
  const { bytes } = archive;
  const long = new Set<string>();
  let zeros = 0;
  for (let at = 0; at + BLOCK_BYTES <= bytes.sizeBytes && !archive.stopped; ) {
    const block = bytes.read(at, at + BLOCK_BYTES);
    at += BLOCK_BYTES;
    if (!isTarHeader(block)) {
      // Two blocks of zeros end it; some unpackers go on behind them, so we do too. Anything else is damage.
      const blank = block.every((octet) => octet === 0);
      if (!blank && zeros === 0) archive.problem('error');
      if (!blank && zeros === 0) return;
      zeros += blank ? 1 : 0;
      continue;
    }
    const header = readTarHeader(block);
    const content = sliceBytes(bytes, at, at + header.sizeBytes);
    if (header.type === LONG_NAME || PAX.has(header.type)) readLongNames(header, content, long);
    else {
      readMember(archive, header, content, long);
      long.clear();
    }
    const hasBlocks = !WITHOUT_CONTENT.has(header.type) || header.type === LONG_NAME || header.type === 'K' || PAX.has(header.type);
    if (hasBlocks && content.sizeBytes < header.sizeBytes) archive.problem('error');
    if (hasBlocks) at += Math.ceil(header.sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

function readLongNames(header: TarHeader, content: Bytes, long: Set<string>): void {
  const text = content.read(0, Math.min(content.sizeBytes, LONG_MAX_BYTES));
  const names = header.type === LONG_NAME ? [text.toString().replace(/\0[\s\S]*$/u, '')] : readPaxPaths(text);
  for (const name of names) if (name !== '') long.add(name);
}

function readMember(archive: OpenArchive, header: TarHeader, content: Bytes, long: ReadonlySet<string>): void {
  const directory = header.type === DIRECTORY;
  for (const name of long) {
    // The short name is the beginning of the long one, or was made for it; it is reported without the content.
    const entry = archive.add({ name, directory, unpackedBytes: 0 });
    if (entry !== undefined && !WITHOUT_CONTENT.has(header.type)) archive.content(entry, content);
  }
  const entry = archive.add({ name: header.name, directory, unpackedBytes: header.sizeBytes });
  if (entry !== undefined && long.size === 0 && !WITHOUT_CONTENT.has(header.type)) archive.content(entry, content);
}
