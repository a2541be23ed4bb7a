import { findFirst } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

const SIGN = Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1');

/** 7z, also behind a program that unpacks it. */
export const sevenZip: Format = {
  kind: '7z',
  extensions: ['7z'],
  find(bytes) {
    const start = findFirst(bytes, SIGN, 0, STUB_MAX_BYTES);
    return start === undefined ? undefined : { start, certain: start === 0 };
  },
  read: (archive) => readWithSevenZip(archive, { type: '7z' }),
};
