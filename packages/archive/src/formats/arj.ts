import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

/** The main header's type, at its place in the header. */
const MAIN_HEADER = 2;
const HEADER_MAX_BYTES = 2600;
const FIRST_HEADER_MIN_BYTES = 30;

/** ARJ: two octets of sign, the size of a header, and the type of the main one. */
export const arj: Format = {
  kind: 'arj',
  extensions: ['arj'],
  find(_bytes, head) {
    if (head.length < 12 || head.readUInt16LE(0) !== 0xea60) return undefined;
    const size = head.readUInt16LE(2);
    const plausible = size >= FIRST_HEADER_MIN_BYTES && size <= HEADER_MAX_BYTES && head[10] === MAIN_HEADER;
    return plausible ? { start: 0, certain: true } : undefined;
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Arj' }),
};
