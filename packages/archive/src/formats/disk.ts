import type { Bytes } from '../bytes.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/** Signs of file systems, partitions and virtual disks that 7-Zip opens, and where they stand. */
const SIGNS = [
  signAt('NTFS    ', 3),
  signAt('\x53\xef', 1080),
  signAt('H+\0\x04', 1024),
  signAt('HX\0\x05', 1024),
  signAt('BD', 1024),
  signAt('hsqs'),
  signAt('sqsh'),
  signAt('EFI PART', 512),
  signAt('NXSB', 32),
  signAt('QFI\xfb'),
  signAt('KDMV'),
  signAt('\x7f\x10\xda\xbe', 64),
  signAt('Compressed ROMFS', 16),
];
const BOOT_SIGN = signAt('\x55\xaa', 510);
const FAT_SIGNS = [signAt('FAT', 54), signAt('FAT32', 82)];
const PARTITIONS_AT = 446;
const PARTITION_BYTES = 16;
const DMG_TRAILER_BYTES = 512;

/**
 * Images of disks beside those that Windows opens itself (`iso`, `vhd`). The signs are short, so an image in which 7-Zip finds no file is
 * taken for something else.
 */
export const disk: Format = {
  kind: 'disk',
  extensions: ['dmg', 'vmdk', 'vdi', 'qcow2', 'squashfs'],
  alsoNamed: ['img', 'ima'],
  find(bytes, head) {
    const signed = SIGNS.some((find) => find(bytes, head) !== undefined) || isBootable(bytes, head) || hasDmgTrailer(bytes);
    return signed ? { start: 0, certain: false } : undefined;
  },
  // It goes through the partitions to the files by itself.
  read: (archive) => readWithSevenZip(archive, { type: '*' }),
};

/** FAT says so; a partition table has flags of 0 or 0x80, and a first sector. */
function isBootable(bytes: Bytes, head: Buffer): boolean {
  if (BOOT_SIGN(bytes, head) === undefined) return false;
  if (FAT_SIGNS.some((find) => find(bytes, head) !== undefined)) return true;
  const entries = [0, 1, 2, 3].map((index) =>
    head.subarray(PARTITIONS_AT + index * PARTITION_BYTES, PARTITIONS_AT + (index + 1) * PARTITION_BYTES),
  );
  return entries.every((entry) => ((entry[0] ?? 1) & 0x7f) === 0) && entries.some((entry) => entry[4] !== 0 && entry.readUInt32LE(8) > 0);
}

function hasDmgTrailer(bytes: Bytes): boolean {
  return bytes.read(bytes.sizeBytes - DMG_TRAILER_BYTES, bytes.sizeBytes - DMG_TRAILER_BYTES + 4).toString('latin1') === 'koly';
}
