import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/** Compiled HTML help. */
export const chm: Format = {
  kind: 'chm',
  extensions: ['chm'],
  find: signAt('ITSF\x03\0\0\0\x60\0\0\0'),
  read: (archive) => readWithSevenZip(archive, { type: 'Chm' }),
};
