import { findAll, findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format, OpenArchive } from './format.ts';

const METHOD = /^-(?:lh[0-9a-dsx]|lz[2-8s]|pm[0-2s])-$/u;

const METHOD_AT = 2;
const LEVEL_AT = 20;
/** Of a header of level 0 or 1, whose size is one octet. */
const HEADER_MAX_BYTES = 257;
const SIGNS = ['-lh', '-lz'].map((sign) => Buffer.from(sign));

/**
 * LHA: the compression method of the first member is at octet 2. After a program (self-extracting archives) the header
 * is checked too.
 */
export const lzh: Format = {
  kind: 'lzh',
  extensions: ['lzh', 'lha'],
  find(bytes, head) {
    if (head[METHOD_AT] === 0x2d && hasMethod(head, 0)) return { start: 0, certain: true };
    const starts = SIGNS.flatMap(
      (sign) => findFitting(bytes, sign, STUB_MAX_BYTES, { before: METHOD_AT, reach: HEADER_MAX_BYTES, fits }) ?? [],
    );
    return starts.length === 0 ? undefined : { start: Math.min(...starts), certain: false };
  },
  async read(archive) {
    const known = new Set<string>();
    await readWithSevenZip(archive, { type: 'Lzh', listed: ({ path }) => known.add(path) });
    for (const name of headerNames(archive)) if (!known.has(name)) archive.add({ name });
  },
};

function hasMethod(bytes: Buffer, at: number): boolean {
  return METHOD.test(bytes.toString('latin1', at + METHOD_AT, at + METHOD_AT + 5));
}

/** Levels 0 and 1 have a checksum of one octet; in level 2 only the size of the header can be checked. */
function fits(bytes: Buffer, at: number): boolean {
  if (!hasMethod(bytes, at) || bytes.length <= at + LEVEL_AT) return false;
  const level = bytes[at + LEVEL_AT];
  if (level === 2) return bytes.readUInt16LE(at) > LEVEL_AT;
  if (level !== 0 && level !== 1) return false;
  const header = bytes.subarray(at + 2, at + 2 + (bytes[at] ?? 0));
  return (header.reduce((sum, octet) => sum + octet, 0) & 0xff) === bytes[at + 1];
}

/** The names of all complete headers at any offset: after a wrong checksum LHa continues, 7-Zip does not. */
function* headerNames(archive: OpenArchive): Generator<string> {
  const { bytes } = archive;
  for (const sign of SIGNS) {
    for (const at of findAll(bytes, sign, METHOD_AT, STUB_MAX_BYTES)) {
      if (archive.stopped) return;
      const header = bytes.read(at - METHOD_AT, at - METHOD_AT + HEADER_MAX_BYTES);
      const name = hasMethod(header, 0) ? nameOf(header) : '';
      if (name !== '') yield name;
    }
  }
}

const NAME_SIZE_AT = 21;
const EXTENSIONS_AT = 24;
const NAME_EXTENSION = 1;

/** Levels 0 and 1 have the name in the header itself, level 2 and sometimes 1 in an extension: size, type, name. */
function nameOf(header: Buffer): string {
  const level = header[LEVEL_AT] ?? 0;
  if (level < 2)
    return header.toString('latin1', NAME_SIZE_AT + 1, NAME_SIZE_AT + 1 + (header[NAME_SIZE_AT] ?? 0)).replace(/\0[\s\S]*$/u, '');
  for (let at = EXTENSIONS_AT; level === 2 && at + 3 < header.length; ) {
    const size = header.readUInt16LE(at);
    if (size < 3) return '';
    if (header[at + 2] === NAME_EXTENSION) return header.toString('latin1', at + 3, at + size);
    at += size;
  }
  return '';
}
