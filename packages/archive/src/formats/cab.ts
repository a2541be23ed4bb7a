import { findFirst } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

const SIGN = Buffer.from('MSCF\0\0\0\0');

/** Microsoft's cabinet, also behind a program that unpacks it. */
export const cab: Format = {
  kind: 'cab',
  extensions: ['cab'],
  find(bytes, head) {
    const program = head[0] === 0x4d && head[1] === 0x5a;
    const start = findFirst(bytes, SIGN, 0, program ? STUB_MAX_BYTES : SIGN.length);
    return start === undefined ? undefined : { start, certain: start === 0 };
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Cab' }),
};
