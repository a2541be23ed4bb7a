import { findFirst } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

const SIGN = Buffer.from('MSCF\0\0\0\0');

/** Microsoft's cabinet, also behind a program that unpacks it or any other data. Of several signs 7-Zip finds the true one. */
export const cab: Format = {
  kind: 'cab',
  extensions: ['cab'],
  find(bytes) {
    const start = findFirst(bytes, SIGN, 0, STUB_MAX_BYTES);
    return start === undefined ? undefined : { start, certain: start === 0 };
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Cab' }),
};
