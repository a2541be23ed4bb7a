import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

const METHOD = /^-(?:lh[0-9a-dsx]|lz[2-8s]|pm[0-2s])-$/u;

/** LHA: the method of the first member stands at its third octet. */
export const lzh: Format = {
  kind: 'lzh',
  extensions: ['lzh', 'lha'],
  find: (_bytes, head) => (head[2] === 0x2d && METHOD.test(head.toString('latin1', 2, 7)) ? { start: 0, certain: true } : undefined),
  read: (archive) => readWithSevenZip(archive, { type: 'Lzh' }),
};
