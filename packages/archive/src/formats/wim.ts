import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/** Windows images. */
export const wim: Format = {
  kind: 'wim',
  extensions: ['wim', 'swm', 'esd'],
  find: signAt('MSWIM\0\0\0'),
  read: (archive) => readWithSevenZip(archive, { type: 'wim' }),
};
