import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

const FOOTER_BYTES = 512;
const COOKIE = signAt('conectix');
const XFILE = signAt('vhdxfile');

/** Virtual disks, which Windows opens by a double click. 7-Zip goes through the partition to the files by itself. */
export const vhd: Format = {
  kind: 'vhd',
  extensions: ['vhd', 'vhdx'],
  find(bytes, head) {
    const footer = bytes.sizeBytes % FOOTER_BYTES === 0 ? bytes.read(bytes.sizeBytes - FOOTER_BYTES, bytes.sizeBytes) : head;
    return XFILE(bytes, head) ?? COOKIE(bytes, head) ?? COOKIE(bytes, footer);
  },
  read: (archive) => readWithSevenZip(archive, { type: '*' }),
};
