import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';
import { impliedName } from './implied.ts';

/** The first block, or the end of an empty stream. */
const SIGN = /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/u;
const EXTENSIONS = ['bz2', 'bz', 'tbz', 'tbz2'];

/** bzip2: one stream without a name. */
export const bz2: Format = {
  kind: 'bz2',
  extensions: EXTENSIONS,
  find: (_bytes, head) => (head[0] === 0x42 && SIGN.test(head.toString('latin1', 0, 10)) ? { start: 0, certain: true } : undefined),
  read: (archive) => readWithSevenZip(archive, { type: 'bzip2', impliedName: impliedName(archive.name, EXTENSIONS) }),
};
