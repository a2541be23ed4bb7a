import type { Bytes } from '../bytes.ts';
import { addImpliedNames } from './compressed.ts';
import { type Format, type Keeper, type OpenArchive, signAt } from './format.ts';
import { LZ4_WINDOW_BYTES, unpackLz4Block } from './lz4-block.ts';

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

/** LZ4 frames (the frame format of its authors, 1.6): one stream without a name. libarchive opens it, 7-Zip does not. */
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
