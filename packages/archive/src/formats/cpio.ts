import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

const ASCII = /^07070[127][0-7a-f]{6}/iu;
const BINARY_HEADER_BYTES = 26;
const NAME_SIZE_AT = 20;
const NAME_MAX_BYTES = 1024;

/** cpio: the portable, the new and the old binary form in both octet orders. */
export const cpio: Format = {
  kind: 'cpio',
  extensions: ['cpio'],
  find(_bytes, head) {
    return (head[0] === 0x30 && ASCII.test(head.toString('latin1', 0, 12))) || isBinary(head) ? { start: 0, certain: true } : undefined;
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Cpio' }),
};

/** The sign has two octets only, so the first name must be one: ended by NUL, and by no other before. */
function isBinary(head: Buffer): boolean {
  if (head.length < BINARY_HEADER_BYTES) return false;
  const little = head.readUInt16LE(0) === 0o070707;
  if (!little && head.readUInt16BE(0) !== 0o070707) return false;
  const size = little ? head.readUInt16LE(NAME_SIZE_AT) : head.readUInt16BE(NAME_SIZE_AT);
  return size > 1 && size <= NAME_MAX_BYTES && head.indexOf(0, BINARY_HEADER_BYTES) === BINARY_HEADER_BYTES + size - 1;
}
