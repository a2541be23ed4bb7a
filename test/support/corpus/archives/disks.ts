import { attachedFile, type CorpusCase, PROGRAM } from '../case.ts';
import { fixture } from './fixture.ts';
import { zip } from './zip.ts';

const SECTOR = 512;
const FIRST = 64;

/** A file system of which there is only the beginning: its sign at its place, then octets that nobody understands. */
function fileSystem(sign: string, offset: number, size = 160 * SECTOR): Buffer {
  const bytes = Buffer.alloc(size, 'a file system with evil.exe ');
  bytes.fill(0, 0, Math.min(offset, 16));
  bytes.write(sign, offset, 'latin1');
  PROGRAM.copy(bytes, size - SECTOR);
  return bytes;
}

const FAT = fixture('disk-good');
const EXFAT = fileSystem('EXFAT   ', 3);
const UNKNOWN: Readonly<Record<string, Buffer>> = {
  exFAT: EXFAT,
  ReFS: fileSystem('ReFS\0\0\0\0', 3),
  XFS: fileSystem('XFSB', 0),
  Btrfs: fileSystem('_BHRfS_M', 0x10040, 400 * SECTOR),
  F2FS: fileSystem('\x10\x20\xf5\xf2\x01', 1024),
  EROFS: fileSystem('\xe2\xe1\xf5\xe0', 1024),
  ROMFS: fileSystem('-rom1fs-', 0),
  UFS2: fileSystem('\x19\x01\x54\x19', 0x1055c, 400 * SECTOR),
  JFS: fileSystem('JFS1', 0x8000),
  ReiserFS: fileSystem('ReIsEr2Fs', 0x10034, 400 * SECTOR),
};
/** Known by no sign: only as a partition it is a file system. */
const NAMELESS = fileSystem('\x01\x02\x03\x04', 0);

/** A disk with a partition table of the old kind. */
function mbr(...partitions: readonly Buffer[]): Buffer {
  const table = Buffer.alloc(FIRST * SECTOR);
  let start = FIRST;
  for (const [index, one] of partitions.entries()) {
    const at = 446 + index * 16;
    table[at + 4] = 7;
    table.writeUInt32LE(start, at + 8);
    table.writeUInt32LE(one.length / SECTOR, at + 12);
    start += one.length / SECTOR;
  }
  table.writeUInt16LE(0xaa55, 510);
  return Buffer.concat([table, ...partitions]);
}

/** A virtual disk of fixed size: the disk, then a footer. */
function vhd(disk: Buffer): Buffer {
  const footer = Buffer.alloc(SECTOR);
  footer.write('conectix', 0, 'latin1');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x00010000, 12);
  footer.writeBigUInt64BE(0xffffffffffffffffn, 16);
  footer.write('win Wi2k', 28, 'latin1');
  footer.writeBigUInt64BE(BigInt(disk.length), 40);
  footer.writeBigUInt64BE(BigInt(disk.length), 48);
  footer.writeUInt32BE(2, 60);
  footer.writeUInt32BE(~footer.reduce((sum, octet) => sum + octet, 0) >>> 0, 64);
  return Buffer.concat([disk, footer]);
}

const sent = (imitates: string, content: Buffer, called: string): CorpusCase => ({
  imitates: `disks: ${imitates}, called ${called}`,
  message: attachedFile(called, content),
});

const each = (what: string, content: Buffer): readonly CorpusCase[] => [
  sent(`${what}, raw`, mbr(content), 'docs.img'),
  sent(`${what}, raw`, mbr(content), 'photo.bin'),
  sent(`${what} in a virtual disk`, vhd(mbr(content)), 'docs.vhd'),
  sent(`${what} in a virtual disk`, vhd(mbr(content)), 'photo.bin'),
  sent(`${what} behind a partition that can be read`, mbr(HARMLESS, content), 'docs.img'),
  sent(`${what} in a zip`, zip({ name: 'docs.vhd', data: vhd(mbr(content)) }), 'a.zip'),
];

/** FAT without the file: its name in the directory begins as that of a deleted one. */
const HARMLESS = withoutRun(FAT);

function withoutRun(disk: Buffer): Buffer {
  const bytes = Buffer.from(disk);
  for (let at = bytes.indexOf('RUN     EXE'); at !== -1; at = bytes.indexOf('RUN     EXE', at + 1)) bytes[at] = 0xe5;
  return bytes;
}

/** Disks in whose partitions a file may be, whether somebody here reads them or not. */
export const DISK_CASES: readonly CorpusCase[] = [
  ...each('FAT', FAT),
  ...Object.entries(UNKNOWN).flatMap(([what, content]) => [
    ...each(what, content),
    sent(`${what} without a partition`, content, 'docs.img'),
  ]),
  ...each('a file system that nobody knows', NAMELESS),
  sent('a virtual disk without a partition, of no file system that is known', vhd(NAMELESS), 'docs.vhd'),
  ...['vhdx', 'vmdk', 'qcow2', 'vdi', 'vhd'].flatMap((kind) =>
    ['good', 'foreign'].flatMap((what) =>
      [`docs.${kind}`, 'photo.bin'].map((called) => sent(`${kind}-${what}`, fixture(`${kind}-${what}`), called)),
    ),
  ),
  sent('a virtual disk without a partition, FAT', vhd(FAT), 'docs.vhd'),
];
