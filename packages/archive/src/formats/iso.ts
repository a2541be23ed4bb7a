import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/** ISO 9660: the sign of the first volume descriptor, 16 sectors in (ECMA-119 §8.1). */
export const iso: Format = {
  kind: 'iso',
  extensions: ['iso'],
  alsoNamed: ['img'],
  find: signAt('CD001', 16 * 2048 + 1),
  read: (archive) => readWithSevenZip(archive, { type: 'Iso' }),
};
