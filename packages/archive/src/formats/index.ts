import { ar } from './ar.ts';
import { arj } from './arj.ts';
import { BY_SIGNATURE } from './by-signature.ts';
import { cpio } from './cpio.ts';
import { disk, FOREIGN_DISK } from './disk.ts';
import type { Format } from './format.ts';
import { gz } from './gz.ts';
import { iso } from './iso.ts';
import { lz4 } from './lz4.ts';
import { lzh } from './lzh.ts';
import { lzip } from './lzip.ts';
import { mail } from './mail.ts';
import { nsis } from './nsis.ts';
import { ole } from './ole.ts';
import { rar } from './rar.ts';
import { rtf } from './rtf.ts';
import { tar } from './tar.ts';
import { udf } from './udf.ts';
import { xar } from './xar.ts';
import { zip } from './zip.ts';

/** Every format that is recognised. What is found by content is read in this order. */
export const FORMATS: readonly Format[] = [
  ...[zip, rar, gz, tar, ole, rtf, iso, udf, lzip, lz4],
  ...BY_SIGNATURE,
  ...[arj, lzh, cpio, ar, xar, FOREIGN_DISK, disk, nsis, mail],
];
