/** tar is made of blocks of this size (POSIX, pax: ustar interchange format). */
export const BLOCK_BYTES = 512;

/** What stands in a header block. */
export interface TarHeader {
  /** Prefix and name. */
  readonly name: string;
  readonly type: string;
  /** Octets of its content, the likeliest first: programs read some sizes differently. */
  readonly sizes: readonly number[];
  /** Of a file with holes (GNU): blocks with more of its map stand in front of its content. */
  readonly sparseGoesOn: boolean;
}

const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;

/** Whether a block is a header: its checksum fits, counted with or without signs as old programs did. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < BLOCK_BYTES) return false;
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
    sizes: readSizes(block.subarray(124, 136)),
    sparseGoesOn: block[482] === 1,
  };
}

/** What a pax header says about the member behind it. */
export interface PaxFacts {
  readonly paths: readonly string[];
  /** Octets of its content, whatever its header says. */
  readonly sizeBytes: number | undefined;
}

/** Keys of a pax header whose value is the member's name: POSIX's, and GNU's for files with holes. */
const PATH_KEYS = ['path', 'GNU.sparse.name'];

/** Reads a pax header: records of `length key=value` (POSIX, pax Extended Header). The last one of a key counts. */
export function readPax(text: Buffer): PaxFacts {
  const values = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(text.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at + 1) break;
    const record = text.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    if (PATH_KEYS.includes(key) || key === 'size') values.set(key, record.slice(equals + 1));
    at += length;
  }
  const size = Number(/^\d{1,15}/u.exec(values.get('size') ?? '')?.[0] ?? Number.NaN);
  return {
    paths: PATH_KEYS.flatMap((key) => values.get(key) ?? []),
    sizeBytes: Number.isNaN(size) ? undefined : size,
  };
}

function textOf(block: Buffer, start: number, end: number): string {
  const field = block.subarray(start, end);
  const nul = field.indexOf(0);
  return field.toString('utf8', 0, nul === -1 ? field.length : nul);
}

/** Programs differ in what may stand behind the digits, so it does not count. */
function readOctal(field: Buffer): number | undefined {
  const digits = /^[\s\0]*([0-7]+)/u.exec(field.toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/**
 * Octal, or binary with the highest bit set (GNU), of which some programs read the last eight octets only. What is neither, or negative,
 * counts as nothing.
 */
function readSizes(field: Buffer): readonly number[] {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) return [readOctal(field) ?? 0];
  if ((first & 0x40) !== 0) return [0];
  const last = field.readBigUInt64BE(4);
  const all = (BigInt(first & 0x3f) << 88n) + (BigInt(field.readUIntBE(1, 3)) << 64n) + last;
  return [...new Set([all, last])].map((size) => (size > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(size)));
}
