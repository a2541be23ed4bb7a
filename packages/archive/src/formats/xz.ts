import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';
import { impliedName } from './implied.ts';

const EXTENSIONS = ['xz', 'txz'];

/** xz: one stream without a name. */
export const xz: Format = {
  kind: 'xz',
  extensions: EXTENSIONS,
  find: signAt('\xfd7zXZ\0'),
  read: (archive) => readWithSevenZip(archive, { type: 'xz', impliedName: impliedName(archive.name, EXTENSIONS) }),
};
