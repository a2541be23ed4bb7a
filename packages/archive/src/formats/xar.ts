import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/** Apple's xar, also in installers (`.pkg`). */
export const xar: Format = {
  kind: 'xar',
  extensions: ['xar'],
  find: signAt('xar!\0'),
  read: (archive) => readWithSevenZip(archive, { type: 'Xar' }),
};
