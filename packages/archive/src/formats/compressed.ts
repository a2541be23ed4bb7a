import type { Bytes } from '../bytes.ts';
import type { ArchiveKind } from '../port.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { trimEndOf } from '../trim-end.ts';
import { DROPPED, extensionOf, type Format, type OpenArchive, signAt } from './format.ts';

/** One file that was compressed, without a name of its own, as 7-Zip reads it. */
interface Compressed {
  readonly kind: ArchiveKind;
  /** 7-Zip's name of the format. */
  readonly type: string;
  readonly extensions: readonly string[];
  /** Whether the bytes are such a file. */
  readonly is: (bytes: Bytes, head: Buffer) => boolean;
}

/** The first block of bzip2, or the end of an empty stream. */
const BZIP2 = /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/u;
const XZ = signAt('\xfd7zXZ\0');
const SZDD = signAt('SZDD\x88\xf0\x27\x33\x41');

/** Signature, extensions and type of each. Zstandard may have several frames: 7-Zip reads all of them, node:zlib only the first. */
const ROWS: readonly Compressed[] = [
  {
    kind: 'bz2',
    type: 'bzip2',
    extensions: ['bz2', 'bz', 'tbz', 'tbz2'],
    is: (_bytes, head) => head[0] === 0x42 && BZIP2.test(head.toString('latin1', 0, 10)),
  },
  { kind: 'xz', type: 'xz', extensions: ['xz', 'txz'], is: (bytes, head) => XZ(bytes, head) !== undefined },
  { kind: 'zst', type: 'zstd', extensions: ['zst', 'tzst'], is: (bytes) => firstZstdFrame(bytes) !== undefined },
  { kind: 'z', type: 'Z', extensions: ['z', 'taz'], is: (_bytes, head) => isCompressFile(head) },
  { kind: 'lzma', type: 'lzma', extensions: ['lzma', 'tlz'], is: (_bytes, head) => isLzmaFile(head) },
  // What COMPRESS.EXE of old Windows makes.
  { kind: 'szdd', type: 'MsLZ', extensions: ['szdd'], is: (bytes, head) => SZDD(bytes, head) !== undefined },
];

/** bzip2, xz, Zstandard, compress, old lzma files, COMPRESS.EXE. */
export const COMPRESSED: readonly Format[] = ROWS.map(({ kind, type, extensions, is }) => ({
  kind,
  extensions,
  find: (bytes, head) => (is(bytes, head) ? { start: 0, certain: true } : undefined),
  read: (archive) => readWithSevenZip(archive, { type, impliedName: addImpliedNames(archive, extensions) }),
}));

/** What compress(1) makes: a signature of two octets, then the number of bits, 9 to 16, with two flags that must not be set. */
function isCompressFile(head: Buffer): boolean {
  const flags = head[2] ?? 0;
  const bits = flags & 0x1f;
  return head[0] === 0x1f && head[1] === 0x9d && (flags & 0x60) === 0 && bits >= 9 && bits <= 16;
}

/** What unpackers call the content of a compressed file that stores no name: `.tgz` becomes `.tar`, others lose their extension. */
export function impliedName(name: string | undefined, extensions: readonly string[]): string {
  const outer = trimEndOf(name ?? 'content', DROPPED);
  const extension = extensionOf(outer);
  const stem = outer.slice(0, outer.length - extension.length - 1);
  if (/^(tgz|tpz|tbz2?|txz|tlz|tzst|taz)$/u.test(extension)) return `${stem}.tar`;
  return extensions.includes(extension) && stem !== '' ? stem : `${outer}~`;
}

/** Returns the implied name that the content goes under; the others, of a part with several names, are added as members. */
export function addImpliedNames(archive: Pick<OpenArchive, 'names' | 'add'>, extensions: readonly string[]): string {
  const [first = impliedName(undefined, extensions), ...others] = new Set(archive.names.map((name) => impliedName(name, extensions)));
  for (const name of others) archive.add({ name });
  return first;
}

/** Properties that programs use. */
const LZMA_SIGN = [0x5d, 0, 0];
/** Of the size: unknown, or below a tebibyte. */
const LZMA_SIZE_AT = 5;
const LZMA_HEADER_BYTES = 13;

/** Whether it is an old lzma file, which has no signature: its usual properties, a round dictionary and a likely size must do. */
function isLzmaFile(head: Buffer): boolean {
  if (head.length < LZMA_HEADER_BYTES || LZMA_SIGN.some((octet, at) => head[at] !== octet)) return false;
  const high = head.readUInt32LE(LZMA_SIZE_AT + 4);
  const likely = high < 256 || (high === 0xffff_ffff && head.readUInt32LE(LZMA_SIZE_AT) === 0xffff_ffff);
  return likely && head[LZMA_HEADER_BYTES] === 0;
}

const ZSTD_FRAME = 0xfd2fb528;
/** RFC 8878 §3.1.2: sixteen signs, then a size, then so many octets for nobody. */
const SKIPPABLE = 0x184d2a50;
const SKIPPABLE_HEADER_BYTES = 8;
/** Nobody writes more than one or two. */
const SKIPPABLE_MAX = 64;

/** Where the first frame begins that holds something. */
function firstZstdFrame(bytes: Bytes): number | undefined {
  let at = 0;
  for (let count = 0; count <= SKIPPABLE_MAX; count += 1) {
    const head = bytes.read(at, at + SKIPPABLE_HEADER_BYTES);
    if (head.length < 4) return undefined;
    const sign = head.readUInt32LE();
    if (sign === ZSTD_FRAME) return at;
    if ((sign & ~0xf) >>> 0 !== SKIPPABLE || head.length < SKIPPABLE_HEADER_BYTES) return undefined;
    at += SKIPPABLE_HEADER_BYTES + head.readUInt32LE(4);
  }
  return undefined;
}
