import { ace } from './ace.ts';
import { ar } from './ar.ts';
import { arj } from './arj.ts';
import { bz2 } from './bz2.ts';
import { cab } from './cab.ts';
import { chm } from './chm.ts';
import { cpio } from './cpio.ts';
import { disk } from './disk.ts';
import type { Format } from './format.ts';
import { gz } from './gz.ts';
import { iso } from './iso.ts';
import { lz4 } from './lz4.ts';
import { lzh } from './lzh.ts';
import { lzip } from './lzip.ts';
import { lzma } from './lzma.ts';
import { mail } from './mail.ts';
import { nsis } from './nsis.ts';
import { ole } from './ole.ts';
import { rar } from './rar.ts';
import { rpm } from './rpm.ts';
import { sevenZip } from './seven-zip.ts';
import { szdd } from './szdd.ts';
import { tar } from './tar.ts';
import { udf } from './udf.ts';
import { vhd } from './vhd.ts';
import { wim } from './wim.ts';
import { xar } from './xar.ts';
import { xz } from './xz.ts';
import { z } from './z.ts';
import { zip } from './zip.ts';
import { zst } from './zst.ts';

/** Every format that is recognised, most frequent first. */
export const FORMATS: readonly Format[] = [
  ...[zip, rar, sevenZip, gz, tar, ole, cab, iso, udf, bz2, xz, zst, z, lzma, lzip, lz4],
  ...[arj, lzh, wim, cpio, ar, rpm, chm, xar, szdd, vhd, disk, nsis, mail, ace],
];
