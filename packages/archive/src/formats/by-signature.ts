import type { Bytes } from '../bytes.ts';
import { findFirst } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { addImpliedNames } from '../member-name.ts';
import type { ArchiveKind } from '../port.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, type Place, signAt } from './format.ts';

/** A format that is known by a signature and read by 7-Zip alone, or by nobody. */
interface Row {
  readonly kind: ArchiveKind;
  /** 7-Zip's name of the format; undefined: it is recognised and not read. */
  readonly type: string | undefined;
  readonly extensions: readonly string[];
  readonly find: Format['find'];
  /** It holds one compressed file that has no name of its own. */
  readonly oneFile?: boolean;
}

/** The first block of bzip2, or the end of an empty stream. */
const BZIP2 = /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/u;

const ROWS: readonly Row[] = [
  {
    kind: 'bz2',
    type: 'bzip2',
    extensions: ['bz2', 'bz', 'tbz', 'tbz2'],
    find: when((_bytes, head) => head[0] === 0x42 && BZIP2.test(head.toString('latin1', 0, 10))),
    oneFile: true,
  },
  { kind: 'xz', type: 'xz', extensions: ['xz', 'txz'], find: signAt('\xfd7zXZ\0'), oneFile: true },
  // There may be several frames: 7-Zip reads all of them, node:zlib only the first.
  { kind: 'zst', type: 'zstd', extensions: ['zst', 'tzst'], find: when((bytes) => firstZstdFrame(bytes) !== undefined), oneFile: true },
  { kind: 'z', type: 'Z', extensions: ['z', 'taz'], find: when((_bytes, head) => isCompressFile(head)), oneFile: true },
  { kind: 'lzma', type: 'lzma', extensions: ['lzma', 'tlz'], find: when((_bytes, head) => isLzmaFile(head)), oneFile: true },
  // Written by COMPRESS.EXE of old versions of Windows.
  { kind: 'szdd', type: 'MsLZ', extensions: ['szdd'], find: signAt('SZDD\x88\xf0\x27\x33\x41'), oneFile: true },
  { kind: '7z', type: '7z', extensions: ['7z'], find: anywhere('7z\xbc\xaf\x27\x1c') },
  // Microsoft's cabinet.
  { kind: 'cab', type: 'Cab', extensions: ['cab'], find: anywhere('MSCF\0\0\0\0') },
  // Windows images.
  { kind: 'wim', type: 'wim', extensions: ['wim', 'swm', 'esd'], find: signAt('MSWIM\0\0\0') },
  // A package of RPM: one compressed cpio.
  { kind: 'rpm', type: 'Rpm', extensions: ['rpm'], find: signAt('\xed\xab\xee\xdb') },
  // Compiled HTML help.
  { kind: 'chm', type: 'Chm', extensions: ['chm'], find: signAt('ITSF\x03\0\0\0\x60\0\0\0') },
  // Virtual disks, which Windows opens on a double click. 7-Zip lists the files in the partition by itself.
  { kind: 'vhd', type: '*', extensions: ['vhd', 'vhdx'], find: findVirtualDisk },
  // Its only unpacker is not maintained since the vulnerabilities of 2019.
  { kind: 'ace', type: undefined, extensions: ['ace'], find: signAt('**ACE**', 7) },
];

/** Formats that differ in signature, extensions and 7-Zip's name for them. */
export const BY_SIGNATURE: readonly Format[] = ROWS.map(({ kind, type, extensions, find, oneFile }) => ({
  kind,
  extensions,
  find,
  read(archive) {
    if (type === undefined) return archive.problem('unsupported');
    return readWithSevenZip(archive, oneFile === true ? { type, impliedName: addImpliedNames(archive, extensions) } : { type });
  },
}));

/** The signature is at the beginning of the file. */
function when(is: (bytes: Bytes, head: Buffer) => boolean): Row['find'] {
  return (bytes, head) => (is(bytes, head) ? { start: 0, certain: true } : undefined);
}

/**
 * A signature that counts after other data too, as in self-extracting programs. If there are several, 7-Zip finds the
 * right one.
 */
function anywhere(sign: string): Row['find'] {
  const wanted = Buffer.from(sign, 'latin1');
  return (bytes) => {
    const start = findFirst(bytes, wanted, 0, STUB_MAX_BYTES);
    return start === undefined ? undefined : { start, certain: start === 0 };
  };
}

const FOOTER_BYTES = 512;

/** The sign stands at the beginning (VHDX, and VHD of dynamic size), or in the last 512 octets (VHD). */
function findVirtualDisk(bytes: Bytes, head: Buffer): Place | undefined {
  const footer = bytes.sizeBytes % FOOTER_BYTES === 0 ? bytes.read(bytes.sizeBytes - FOOTER_BYTES, bytes.sizeBytes) : head;
  return signAt('vhdxfile')(bytes, head) ?? signAt('conectix')(bytes, head) ?? signAt('conectix')(bytes, footer);
}

/**
 * What compress(1) makes: a signature of two octets, then the number of bits, 9 to 16, with two flags that must not be
 * set.
 */
function isCompressFile(head: Buffer): boolean {
  const flags = head[2] ?? 0;
  const bits = flags & 0x1f;
  return head[0] === 0x1f && head[1] === 0x9d && (flags & 0x60) === 0 && bits >= 9 && bits <= 16;
}

/** Properties that programs use. */
const LZMA_SIGN = [0x5d, 0, 0];
/** Of the size: unknown, or below a tebibyte. */
const LZMA_SIZE_AT = 5;
const LZMA_HEADER_BYTES = 13;

/**
 * Returns true for an old lzma file. The format has no signature, so the usual properties, a dictionary size that is
 * a power of two and a plausible size must be enough.
 */
function isLzmaFile(head: Buffer): boolean {
  if (head.length < LZMA_HEADER_BYTES || LZMA_SIGN.some((octet, at) => head[at] !== octet)) return false;
  const high = head.readUInt32LE(LZMA_SIZE_AT + 4);
  const likely = high < 256 || (high === 0xffff_ffff && head.readUInt32LE(LZMA_SIZE_AT) === 0xffff_ffff);
  return likely && head[LZMA_HEADER_BYTES] === 0;
}

const ZSTD_FRAME = 0xfd2fb528;
/** RFC 8878 §3.1.2: sixteen signatures, then a size, then so many octets that decoders skip. */
const SKIPPABLE = 0x184d2a50;
const SKIPPABLE_HEADER_BYTES = 8;
/** Programs write one or two. */
const SKIPPABLE_MAX = 64;

/** The offset of the first frame with data. */
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
