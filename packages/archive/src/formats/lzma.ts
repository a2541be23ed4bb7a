import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';
import { impliedName } from './implied.ts';

const EXTENSIONS = ['lzma', 'tlz'];
const SIGN = signAt('\x5d\0\0');
/** Of the size: unknown, or below a tebibyte. */
const SIZE_AT = 5;
const HEADER_BYTES = 13;

/** The old lzma file has no sign: its usual properties, a round dictionary and a likely size must do. */
export const lzma: Format = {
  kind: 'lzma',
  extensions: EXTENSIONS,
  find(bytes, head) {
    if (head.length < HEADER_BYTES || SIGN(bytes, head) === undefined) return undefined;
    const high = head.readUInt32LE(SIZE_AT + 4);
    const likely = high < 256 || (high === 0xffff_ffff && head.readUInt32LE(SIZE_AT) === 0xffff_ffff);
    return likely && head[HEADER_BYTES] === 0 ? { start: 0, certain: true } : undefined;
  },
  read: (archive) => readWithSevenZip(archive, { type: 'lzma', impliedName: impliedName(archive.name, EXTENSIONS) }),
};
