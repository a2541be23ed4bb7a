/** tar is made of blocks of this size (POSIX, pax: ustar interchange format). */
export const BLOCK_BYTES = 512;

/** What stands in a header block. */
export interface TarHeader {
  /** Prefix and name. */
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
}

const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;

/** Whether a block is a header: its checksum fits, counted with or without signs as old programs did. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < BLOCK_BYTES || block[0] === 0) return false;
  const stored = readOctal(block.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES));
  if (stored === undefined) return false;
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    const octet = at >= CHECKSUM_AT && at < CHECKSUM_AT + CHECKSUM_BYTES ? 0x20 : (block[at] ?? 0);
    unsigned += octet;
    signed += octet > 127 ? octet - 256 : octet;
  }
  return stored === unsigned || stored === signed;
}

/** Reads a block that is a header. */
export function readTarHeader(block: Buffer): TarHeader {
  const name = textOf(block, 0, 100);
  const ustar = block.toString('latin1', 257, 262) === 'ustar';
  // GNU keeps other things where POSIX keeps the prefix.
  const prefix = ustar && block[262] === 0 ? textOf(block, 345, 500) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[156] ?? 0),
    sizeBytes: readSize(block.subarray(124, 136)),
  };
}

/** Keys of a pax header whose value is the member's name: POSIX's, and GNU's for files with holes. */
const PATH_KEYS = ['path', 'GNU.sparse.name'];

/** The names in a pax header: records of `length key=value` (POSIX, pax Extended Header). The last one of a key counts. */
export function readPaxPaths(text: Buffer): readonly string[] {
  const paths = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(text.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at + 1) break;
    const record = text.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    if (PATH_KEYS.includes(key)) paths.set(key, record.slice(equals + 1));
    at += length;
  }
  return [...paths.values()];
}

function textOf(block: Buffer, start: number, end: number): string {
  const field = block.subarray(start, end);
  const nul = field.indexOf(0);
  return field.toString('utf8', 0, nul === -1 ? field.length : nul);
}

function readOctal(field: Buffer): number | undefined {
  const digits = /^[ \0]*([0-7]+)[ \0]*$/u.exec(field.toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** Octal, or binary with the highest bit set (GNU); what is neither, or impossible, counts as nothing. */
function readSize(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return readOctal(field) ?? 0;
  const size = Number(field.readBigUInt64BE(4));
  return Number.isSafeInteger(size) && field[0] === 0x80 ? size : 0;
}
