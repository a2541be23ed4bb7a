import { crc32 } from 'node:zlib';
import { findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

/** The main header's type, at its place in the header. */
const MAIN_HEADER = 2;
const HEADER_MAX_BYTES = 2600;
const FIRST_HEADER_MIN_BYTES = 30;

const SIGN = Buffer.from([0x60, 0xea]);
/** Sign and size, and the checksum behind the header. */
const FRAME_BYTES = 8;

/**
 * ARJ: two octets of sign, the size of a header, and the type of the main one; behind other data its checksum must fit
 * too.
 */
export const arj: Format = {
  kind: 'arj',
  extensions: ['arj'],
  find(bytes, head) {
    if (isMainHeader(head, 0)) return { start: 0, certain: true };
    const reach = HEADER_MAX_BYTES + FRAME_BYTES;
    const start = findFitting(bytes, SIGN, STUB_MAX_BYTES, {
      before: 0,
      reach,
      fits: (window, at) => isMainHeader(window, at) && isWhole(window, at),
    });
    return start === undefined ? undefined : { start, certain: false };
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Arj' }),
};

function isMainHeader(bytes: Buffer, at: number): boolean {
  if (bytes.length < at + 12 || bytes[at] !== SIGN[0] || bytes[at + 1] !== SIGN[1]) return false;
  const size = bytes.readUInt16LE(at + 2);
  return size >= FIRST_HEADER_MIN_BYTES && size <= HEADER_MAX_BYTES && bytes[at + 10] === MAIN_HEADER;
}

function isWhole(bytes: Buffer, at: number): boolean {
  const end = at + 4 + bytes.readUInt16LE(at + 2);
  return end + 4 <= bytes.length && crc32(bytes.subarray(at + 4, end)) === bytes.readUInt32LE(end);
}
