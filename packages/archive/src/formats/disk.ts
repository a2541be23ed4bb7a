import { type Bytes, sliceBytes } from '../bytes.ts';
import { HEAD_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

const SECTOR_BYTES = 512;
const NTFS = signAt('NTFS    ', 3);
const GPT = signAt('EFI PART', SECTOR_BYTES);
/** Signatures and offsets of file systems, partitions and virtual disks that 7-Zip opens. */
const SIGNS = [
  NTFS,
  signAt('\x53\xef', 1080),
  signAt('H+\0\x04', 1024),
  signAt('HX\0\x05', 1024),
  signAt('BD', 1024),
  signAt('hsqs'),
  signAt('sqsh'),
  signAt('NXSB', 32),
  signAt('QFI\xfb'),
  signAt('KDMV'),
  signAt('\x7f\x10\xda\xbe', 64),
  signAt('Compressed ROMFS', 16),
  signAt('ER\x02\0', 0),
  signAt('LABELONE', 512),
];
const BOOT_SIGN = signAt('\x55\xaa', 510);
const FAT_SIGNS = [signAt('FAT', 54), signAt('FAT32', 82)];
const PARTITIONS_AT = 446;
const PARTITION_BYTES = 16;
const DMG_TRAILER_BYTES = 512;

/** Signatures and offsets of file systems that we cannot read. */
const FOREIGN: readonly (readonly [sign: string, offset: number])[] = [
  ['EXFAT   ', 3],
  ['ReFS\0', 3],
  ['XFSB', 0],
  ['_BHRfS_M', 0x10040],
  ['\x10\x20\xf5\xf2\x01', 1024],
  ['ReIsEr', 0x10034],
  ['JFS1', 0x8000],
  // EROFS, ROMFS, UBI, UFS of both kinds, GFS2, BFS.
  ['\xe2\xe1\xf5\xe0', 1024],
  ['-rom1fs-', 0],
  ['UBI#\x01', 0],
  ['\x54\x19\x01\0', 0x255c],
  ['\x19\x01\x54\x19', 0x1055c],
  ['\x01\x16\x19\x70', 0x10000],
  ['1SFB', 544],
];
/** Encrypted disks: BitLocker, LUKS. */
const LOCKED: readonly (readonly [sign: string, offset: number])[] = [
  ['-FVE-FS-', 3],
  ['LUKS\xba\xbe', 0],
];

function hasSign(bytes: Bytes, signs: typeof FOREIGN): boolean {
  return signs.some(([sign, offset]) => bytes.read(offset, offset + sign.length).toString('latin1') === sign);
}

/** Disks that are recognised but not read: reported as unsupported or as encrypted. */
export const FOREIGN_DISK: Format = {
  kind: 'disk',
  extensions: [],
  find: (bytes) => (hasSign(bytes, FOREIGN) || hasSign(bytes, LOCKED) ? { start: 0, certain: true } : undefined),
  read(archive) {
    if (hasSign(archive.bytes, LOCKED)) archive.locked();
    else archive.problem('unsupported');
  },
};

/**
 * Images of disks beside those that Windows opens itself (`iso`, `vhd`). The signatures are short, so an image in
 * which 7-Zip finds no file is not treated as one.
 */
export const disk: Format = {
  kind: 'disk',
  extensions: ['dmg', 'vmdk', 'vdi', 'qcow2', 'squashfs'],
  alsoNamed: ['img', 'ima'],
  find(bytes, head) {
    if (partitionsOf(bytes, head).length > 0 || GPT(bytes, head) !== undefined) return { start: 0, certain: true };
    const signed = SIGNS.some((find) => find(bytes, head) !== undefined) || isFat(bytes, head) || hasDmgTrailer(bytes);
    return signed ? { start: 0, certain: false } : undefined;
  },
  async read(archive) {
    const head = archive.bytes.read(0, HEAD_BYTES);
    const partitions = GPT(archive.bytes, head) === undefined ? partitionsOf(archive.bytes, head) : [];
    for (const [index, { start, end }] of partitions.entries()) {
      const entry = archive.add({ name: `partition ${index + 1}`, unpackedBytes: end - start });
      if (entry !== undefined) archive.partition(entry, sliceBytes(archive.bytes, start, end));
    }
    // 7-Zip lists the files in the partitions by itself.
    if (partitions.length === 0) await readWithSevenZip(archive, { type: '*' });
  },
};

function isFat(bytes: Bytes, head: Buffer): boolean {
  return BOOT_SIGN(bytes, head) !== undefined && FAT_SIGNS.some((find) => find(bytes, head) !== undefined);
}

/**
 * The partitions of an MBR partition table; none when there is no such table. Flags must be 0 or 0x80, and first
 * sectors lie within the disk. It is read here because 7-Zip also checks the cylinder numbers, which no system uses any
 * more.
 */
function partitionsOf(bytes: Bytes, head: Buffer): readonly { readonly start: number; readonly end: number }[] {
  if (BOOT_SIGN(bytes, head) === undefined || isFat(bytes, head) || NTFS(bytes, head) !== undefined) return [];
  const entries = [0, 1, 2, 3].map((index) =>
    head.subarray(PARTITIONS_AT + index * PARTITION_BYTES, PARTITIONS_AT + (index + 1) * PARTITION_BYTES),
  );
  if (entries.some((entry) => ((entry[0] ?? 1) & 0x7f) !== 0)) return [];
  const used = entries.filter((entry) => entry[4] !== 0 && entry.readUInt32LE(12) > 0);
  const partitions = used.map((entry) => {
    const start = entry.readUInt32LE(8) * SECTOR_BYTES;
    return { start, end: start + entry.readUInt32LE(12) * SECTOR_BYTES };
  });
  return partitions.every(({ start }) => start > 0 && start < bytes.sizeBytes) ? partitions : [];
}

/** Whether `head`, the beginning of a disk of any size, has an MBR partition table. */
export function hasPartitionTable(head: Buffer): boolean {
  return partitionsOf({ sizeBytes: Number.MAX_SAFE_INTEGER, read: (start, end) => head.subarray(start, end) }, head).length > 0;
}

function hasDmgTrailer(bytes: Bytes): boolean {
  return bytes.read(bytes.sizeBytes - DMG_TRAILER_BYTES, bytes.sizeBytes - DMG_TRAILER_BYTES + 4).toString('latin1') === 'koly';
}
