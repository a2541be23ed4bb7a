import { type Bytes, sliceBytes } from '../bytes.ts';
import { findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import type { Format, OpenArchive } from './format.ts';

/** Of a pax header or a long name; longer than any path. */
const LONG_MAX_BYTES = 1024 * 1024;
/** Types: GNU's long name and long link, pax headers of one member and of all. */
const LONG_NAME = 'L';
const LONG_LINK = 'K';
const PAX = new Set(['x', 'X', 'g']);
const PAX_OF_ALL = 'g';
/** GNU's sparse file. */
const SPARSE = 'S';
const MAP_GOES_ON_AT = 504;
/** Alternative offsets of the next header; a well-formed archive has none. */
const WAITING_MAX = 1000;
const DIRECTORY = '5';
const WITHOUT_CONTENT = new Set(['1', '2', '3', '4', DIRECTORY, '6', LONG_LINK, 'V', LONG_NAME, ...PAX]);

/** The signature of POSIX and GNU, and its offset in a header. */
const MAGIC = Buffer.from('ustar');
const MAGIC_AT = 257;

/**
 * tar in all its forms. A member is reported under its short name and under each long name, because unpackers differ in
 * which one they use.
 */
export const tar: Format = {
  kind: 'tar',
  extensions: ['tar'],
  alsoNamed: ['ova'],
  find(bytes, head) {
    if (head[0] !== 0 && isTarHeader(head.subarray(0, BLOCK_BYTES))) return { start: 0, certain: true };
    // After a script that unpacks it, or after zeros; 7-Zip finds it there.
    const fits = (window: Buffer, at: number) => window[at] !== 0 && isTarHeader(window.subarray(at, at + BLOCK_BYTES));
    const start = findFitting(bytes, MAGIC, STUB_MAX_BYTES, { before: MAGIC_AT, reach: BLOCK_BYTES - MAGIC_AT, fits });
    return start === undefined ? undefined : { start, certain: false };
  },
  read: readTar,
};

/** The offset of the next header, and what preceding headers said about its member. */
interface Position {
  readonly at: number;
  /** Most unpackers read here. Damage at alternative offsets is not reported. */
  readonly usual: boolean;
}

/** An archive while it is read. */
interface Reading {
  readonly archive: OpenArchive;
  /** Offsets at which some unpackers continue. */
  readonly waiting: Position[];
  readonly seen: Set<number>;
}

/** What extension headers before a member say about it. */
interface Ahead {
  readonly names: Set<string>;
  size: number | undefined;
  /** From a global header. */
  sizeOfAll: number | undefined;
}

/**
 * Reads the archive as each unpacker does: sizes in the header, in binary or in a pax header give different offsets of
 * the next header.
 */
function readTar(archive: OpenArchive): void {
  const reading: Reading = { archive, waiting: [{ at: 0, usual: true }], seen: new Set() };
  for (let next = reading.waiting.shift(); next !== undefined && !archive.stopped; next = reading.waiting.shift()) readFrom(reading, next);
}

function readFrom(reading: Reading, { at: start, usual }: Position): void {
  const { archive, seen } = reading;
  const { bytes } = archive;
  const ahead: Ahead = { names: new Set(), size: undefined, sizeOfAll: undefined };
  let zeros = 0;
  for (let at = start; at + BLOCK_BYTES <= bytes.sizeBytes && !archive.stopped && !seen.has(at); ) {
    seen.add(at);
    const block = bytes.read(at, at + BLOCK_BYTES);
    if (isTarHeader(block)) {
      at = readEntry(reading, { at, usual }, block, ahead);
      continue;
    }
    // Two blocks of zeros end the archive. Some unpackers continue after them, so we do too. Anything else is damage.
    const blank = block.every((octet) => octet === 0);
    if (!blank && zeros === 0 && usual) archive.problem('error');
    if (!blank && zeros === 0) return;
    zeros += blank ? 1 : 0;
    at += BLOCK_BYTES;
  }
}

/** Returns where the next header is for most unpackers. */
function readEntry(reading: Reading, { at, usual }: Position, block: Buffer, ahead: Ahead): number {
  const { archive } = reading;
  const header = readTarHeader(block);
  const maps = at + BLOCK_BYTES + (header.type === SPARSE && header.sparseGoesOn ? mapBytes(archive.bytes, at + BLOCK_BYTES) : 0);
  const describes = header.type === LONG_NAME || header.type === LONG_LINK || PAX.has(header.type);
  const hasContent = describes || !WITHOUT_CONTENT.has(header.type);
  const said = describes ? header.sizes : [ahead.size ?? ahead.sizeOfAll ?? header.sizes[0] ?? 0, ...header.sizes];
  const [size = 0] = said;
  const content = sliceBytes(archive.bytes, maps, maps + size);
  if (describes) readAhead(header, content, ahead);
  else readMember(archive, header, { content, largest: Math.max(...said), start: maps }, ahead.names);
  if (hasContent && content.sizeBytes < size && usual) archive.problem('error');
  const next = maps + (hasContent ? padded(size) : 0);
  addOthers(reading, { maps, at, next }, [...said, ahead.size, ahead.sizeOfAll]);
  if (!describes) {
    ahead.names.clear();
    ahead.size = undefined;
  }
  return next;
}

/** Other offsets at which some unpackers expect the next header: after each size, and without the sparse map. */
function addOthers(
  { archive, waiting, seen }: Reading,
  place: { maps: number; at: number; next: number },
  sizes: readonly (number | undefined)[],
): void {
  for (const size of new Set(sizes)) {
    for (const start of size === undefined ? [] : [place.maps, place.at + BLOCK_BYTES]) {
      const other = start + padded(size ?? 0);
      if (other !== place.next && other < archive.bytes.sizeBytes && !seen.has(other) && waiting.length < WAITING_MAX)
        waiting.push({ at: other, usual: false });
    }
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
}

/** The blocks of a sparse map: the octet after the entries tells whether another block follows. */
function mapBytes(bytes: Bytes, start: number): number {
  let at = start;
  for (let block = bytes.read(at, at + BLOCK_BYTES); block.length === BLOCK_BYTES; block = bytes.read(at, at + BLOCK_BYTES)) {
    at += BLOCK_BYTES;
    if (block[MAP_GOES_ON_AT] !== 1) break;
  }
  return at - start;
}

function readAhead({ type }: TarHeader, content: Bytes, ahead: Ahead): void {
  if (type === LONG_LINK) return;
  const text = content.read(0, Math.min(content.sizeBytes, LONG_MAX_BYTES));
  const { paths, sizeBytes } =
    type === LONG_NAME ? { paths: [text.toString().replace(/\0[\s\S]*$/u, '')], sizeBytes: undefined } : readPax(text);
  for (const name of paths) if (name !== '') ahead.names.add(name);
  if (type === PAX_OF_ALL) ahead.sizeOfAll = sizeBytes ?? ahead.sizeOfAll;
  else ahead.size = sizeBytes ?? ahead.size;
}

/** The content of a member, as most programs read it and as the program that reads the most does. */
interface TarContent {
  readonly content: Bytes;
  readonly start: number;
  readonly largest: number;
}

function readMember(archive: OpenArchive, header: TarHeader, { content, start, largest }: TarContent, long: ReadonlySet<string>): void {
  // A member that is marked as a folder and has data is a file for some unpackers.
  const directory = header.type === DIRECTORY && largest === 0;
  const holds =
    directory || (WITHOUT_CONTENT.has(header.type) && header.type !== DIRECTORY)
      ? undefined
      : sliceBytes(archive.bytes, start, start + largest);
  for (const name of long) {
    // The short name is the beginning of the long name, or derived from it; it is reported without the content.
    const entry = archive.add({ name, directory, unpackedBytes: 0 });
    if (entry !== undefined && holds !== undefined) archive.content(entry, holds);
  }
  const entry = archive.add({ name: header.name, directory, unpackedBytes: content.sizeBytes });
  if (entry !== undefined && long.size === 0 && holds !== undefined) archive.content(entry, holds);
}

/** tar is made of blocks of this size (POSIX, pax: ustar interchange format). */
const BLOCK_BYTES = 512;

/** The fields of a header block. */
interface TarHeader {
  /** Prefix and name. */
  readonly name: string;
  readonly type: string;
  /** Possible sizes of its content in octets, the most likely first: programs read some size fields differently. */
  readonly sizes: readonly number[];
  /** Of a sparse file (GNU): more blocks of its map precede its content. */
  readonly sparseGoesOn: boolean;
}

const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;

/**
 * Whether a block is a header: its checksum is right for unsigned octets, or for signed ones as old programs summed
 * them.
 */
function isTarHeader(block: Buffer): boolean {
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
function readTarHeader(block: Buffer): TarHeader {
  const name = textOf(block, 0, 100);
  const ustar = block.toString('latin1', 257, 262) === 'ustar';
  // GNU uses the prefix field of POSIX for other values.
  const prefix = ustar && block[262] === 0 ? textOf(block, 345, 500) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[156] ?? 0),
    sizes: readSizes(block.subarray(124, 136)),
    sparseGoesOn: block[482] === 1,
  };
}

/** What a pax header says about the member behind it. */
interface PaxFacts {
  readonly paths: readonly string[];
  /** The size of its content in octets; overrides the header. */
  readonly sizeBytes: number | undefined;
}

/** Keys of a pax header whose value is the member's name: POSIX's, and GNU's for files with holes. */
const PATH_KEYS = ['path', 'GNU.sparse.name'];

/** Reads a pax header: records of `length key=value` (POSIX, pax Extended Header). The last one of a key counts. */
function readPax(text: Buffer): PaxFacts {
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

/** Programs differ in what may follow the digits, so it is ignored. */
function readOctal(field: Buffer): number | undefined {
  const digits = /^[\s\0]*([0-7]+)/u.exec(field.toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/**
 * Reads octal, or binary with the highest bit set (GNU), of which some programs read only the last eight octets.
 * Anything else, and a negative value, reads as nothing.
 */
function readSizes(field: Buffer): readonly number[] {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) return [readOctal(field) ?? 0];
  if ((first & 0x40) !== 0) return [0];
  const last = field.readBigUInt64BE(4);
  const all = (BigInt(first & 0x3f) << 88n) + (BigInt(field.readUIntBE(1, 3)) << 64n) + last;
  return [...new Set([all, last])].map((size) => (size > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(size)));
}
