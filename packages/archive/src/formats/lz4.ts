import type { Bytes } from '../bytes.ts';
import { addImpliedNames } from '../member-name.ts';
import { type Format, type Keeper, type OpenArchive, signAt } from './format.ts';

const EXTENSIONS = ['lz4', 'tlz4'];
const MAGIC = 0x184d2204;
/** Flags: checksums of blocks, size of the content, checksum of the content, a dictionary. */
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY = 0x01;
const STORED = 0x8000_0000;
/** Block sizes 4 to 7: 64 KiB to 4 MiB. */
const BLOCK_MAX_BYTES = (code: number) => 1 << (8 + 2 * Math.min(7, Math.max(4, code)));

/**
 * LZ4 frames (the frame format of its authors, 1.6): one stream without a name. libarchive opens it, 7-Zip does not.
 */
export const lz4: Format = {
  kind: 'lz4',
  extensions: EXTENSIONS,
  find: signAt('\x04\x22\x4d\x18'),
  read(archive) {
    const entry = archive.add({ name: addImpliedNames(archive, EXTENSIONS), implied: true });
    if (entry === undefined || archive.full) return;
    const progress = { readBytes: 0 };
    const keeper = archive.keep(entry, { packedBytes: () => progress.readBytes });
    let at: number | undefined = 0;
    while (at !== undefined && at < archive.bytes.sizeBytes) at = readFrame(archive, at, keeper, progress);
    keeper.end();
  },
};

/** Returns where the next frame may begin; undefined when nothing more is to be read. */
function readFrame(archive: OpenArchive, start: number, keeper: Keeper, progress: { readBytes: number }): number | undefined {
  const { bytes } = archive;
  const head = bytes.read(start, start + 6);
  if (head.length < 6 || head.readUInt32LE() !== MAGIC) return fail(archive);
  const flags = head[4] ?? 0;
  if ((flags & DICTIONARY) !== 0) archive.problem('unsupported');
  const maxBytes = BLOCK_MAX_BYTES(((head[5] ?? 0) >> 4) & 7);
  const out = Buffer.alloc(LZ4_WINDOW_BYTES + maxBytes);
  let kept = 0;
  let at = start + 7 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & DICTIONARY) === 0 ? 0 : 4);
  for (;;) {
    const size = readSize(bytes, at);
    if (size === undefined) return fail(archive);
    at += 4;
    if (size === 0) return at + ((flags & CONTENT_CHECKSUM) === 0 ? 0 : 4);
    const length = size % STORED;
    const block = bytes.read(at, at + length);
    if (length > maxBytes || block.length < length) return fail(archive);
    const end = size >= STORED ? kept + block.copy(out, kept) : unpackLz4Block(block, out, kept);
    if (end === undefined) return fail(archive);
    at += length + ((flags & BLOCK_CHECKSUM) === 0 ? 0 : 4);
    progress.readBytes = at;
    if (archive.stopped || !keeper.write(Buffer.from(out.subarray(kept, end)))) return undefined;
    const from = Math.max(0, end - LZ4_WINDOW_BYTES);
    out.copyWithin(0, from, end);
    kept = end - from;
  }
}

function readSize(bytes: Bytes, at: number): number | undefined {
  const field = bytes.read(at, at + 4);
  return field.length < 4 ? undefined : field.readUInt32LE();
}

function fail(archive: OpenArchive): undefined {
  archive.problem('error');
  return undefined;
}

/** The largest offset of a match (LZ4 block format): so much of a block is kept for the next one. */
export const LZ4_WINDOW_BYTES = 64 * 1024;

const MATCH_MIN_BYTES = 4;
const EXTENDED = 15;

/** Octets of a block while they are read. */
interface Reading {
  readonly block: Buffer;
  at: number;
}

/**
 * Unpacks one block to `out` from `start` on, where the octets in front of `start` are those of the blocks before.
 * Returns where it ends; undefined when the block is damaged or larger than `out`.
 */
export function unpackLz4Block(block: Buffer, out: Buffer, start: number): number | undefined {
  const reading: Reading = { block, at: 0 };
  let end = start;
  while (reading.at < block.length) {
    const token = block[reading.at++] ?? 0;
    const literals = readLength(reading, token >> 4);
    if (literals > block.length - reading.at || literals > out.length - end) return undefined;
    end += block.copy(out, end, reading.at, reading.at + literals);
    reading.at += literals;
    // The last sequence has no match.
    if (reading.at === block.length) return end;
    if (reading.at + 2 > block.length) return undefined;
    const distance = block.readUInt16LE(reading.at);
    reading.at += 2;
    const length = readLength(reading, token & EXTENDED) + MATCH_MIN_BYTES;
    if (distance === 0 || distance > end || length > out.length - end) return undefined;
    copyMatch(out, end, distance, length);
    end += length;
  }
  return end;
}

/** A length of four bits. When all are set, the following octets are added, up to the first one that is not 255. */
function readLength(reading: Reading, bits: number): number {
  let length = bits;
  for (let more = bits === EXTENDED ? 255 : 0; more === 255; ) {
    more = reading.block[reading.at++] ?? 0;
    length += more;
  }
  return length;
}

/** A match may overlap its own output; then it repeats. */
function copyMatch(out: Buffer, end: number, distance: number, length: number): void {
  let done = 0;
  while (done < length) {
    const count = Math.min(length - done, distance + done);
    out.copyWithin(end + done, end - distance, end - distance + count);
    done += count;
  }
}
