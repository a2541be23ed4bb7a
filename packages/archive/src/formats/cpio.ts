import { findAll, findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format, OpenArchive } from './format.ts';

const ASCII = /^07070[127][0-9a-f]{6}/iu;
const SIGN = Buffer.from('07070');
const HEADER_BYTES = 110;
const OCTAL_HEADER_BYTES = 76;
/** Whole headers: of hexadecimal digits, or of octal ones in the old form. */
const HEADER = /^07070(?:[12][0-9a-f]{104}$|7[0-7]{70})/iu;
const BINARY_HEADER_BYTES = 26;
const NAME_SIZE_AT = 20;
const NAME_MAX_BYTES = 1024;

/** cpio: the portable, the new and the old binary form in both octet orders. */
export const cpio: Format = {
  kind: 'cpio',
  extensions: ['cpio'],
  find(bytes, head) {
    if ((head[0] === 0x30 && ASCII.test(head.toString('latin1', 0, 12))) || isBinary(head)) return { start: 0, certain: true };
    // GNU cpio and 7-Zip skip what precedes the first header.
    const fits = (window: Buffer, at: number) => HEADER.test(window.toString('latin1', at, at + HEADER_BYTES));
    const start = findFitting(bytes, SIGN, STUB_MAX_BYTES, { before: 0, reach: HEADER_BYTES, fits });
    return start === undefined ? undefined : { start, certain: false };
  },
  async read(archive) {
    const known = new Set<string>();
    await readWithSevenZip(archive, { type: 'Cpio', listed: ({ path }) => known.add(path) });
    for (const name of headerNames(archive)) if (!known.has(name)) archive.add({ name });
  },
};

/** The signature has only two octets, so the first name is checked too: its one NUL must be at its end. */
function isBinary(head: Buffer): boolean {
  if (head.length < BINARY_HEADER_BYTES) return false;
  const little = head.readUInt16LE(0) === 0o070707;
  if (!little && head.readUInt16BE(0) !== 0o070707) return false;
  const size = little ? head.readUInt16LE(NAME_SIZE_AT) : head.readUInt16BE(NAME_SIZE_AT);
  return size > 1 && size <= NAME_MAX_BYTES && head.indexOf(0, BINARY_HEADER_BYTES) === BINARY_HEADER_BYTES + size - 1;
}

/**
 * The names of all complete headers at any offset: after damage libarchive continues with the next header, 7-Zip does
 * not.
 */
function* headerNames(archive: OpenArchive): Generator<string> {
  const { bytes } = archive;
  for (const at of findAll(bytes, SIGN, 0, STUB_MAX_BYTES)) {
    if (archive.stopped) return;
    const header = bytes.read(at, at + HEADER_BYTES).toString('latin1');
    if (!HEADER.test(header)) continue;
    const octal = header[5] === '7';
    const size = octal ? Number.parseInt(header.slice(59, 65), 8) : Number.parseInt(header.slice(94, 102), 16);
    const start = at + (octal ? OCTAL_HEADER_BYTES : HEADER_BYTES);
    const name = bytes
      .read(start, start + Math.min(size, NAME_MAX_BYTES))
      .toString()
      .replace(/\0[\s\S]*$/u, '');
    if (name !== '' && name !== 'TRAILER!!!') yield name;
  }
}
