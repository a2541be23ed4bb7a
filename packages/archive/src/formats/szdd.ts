import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';
import { impliedName } from './implied.ts';

/** What COMPRESS.EXE of old Windows makes: one file, whose name is the outer one. */
export const szdd: Format = {
  kind: 'szdd',
  extensions: ['szdd'],
  find: signAt('SZDD\x88\xf0\x27\x33\x41'),
  read: (archive) => readWithSevenZip(archive, { type: 'MsLZ', impliedName: impliedName(archive.name, ['szdd']) }),
};
