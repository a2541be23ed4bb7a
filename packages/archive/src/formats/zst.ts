import type { Bytes } from '../bytes.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';
import { impliedName } from './implied.ts';

const EXTENSIONS = ['zst', 'tzst'];
const FRAME = 0xfd2fb528;
/** RFC 8878 §3.1.2: sixteen signs, then a size, then so many octets for nobody. */
const SKIPPABLE = 0x184d2a50;
const SKIPPABLE_HEADER_BYTES = 8;
/** Nobody writes more than one or two. */
const SKIPPABLE_MAX = 64;

/** Zstandard (RFC 8878): frames one behind the other, without a name. 7-Zip reads all of them, node:zlib only the first. */
export const zst: Format = {
  kind: 'zst',
  extensions: EXTENSIONS,
  find(bytes) {
    const start = firstFrame(bytes);
    return start === undefined ? undefined : { start, certain: true };
  },
  read: (archive) => readWithSevenZip(archive, { type: 'zstd', impliedName: impliedName(archive.name, EXTENSIONS) }),
};

/** Where the first frame begins that holds something. */
function firstFrame(bytes: Bytes): number | undefined {
  let at = 0;
  for (let count = 0; count <= SKIPPABLE_MAX; count += 1) {
    const head = bytes.read(at, at + SKIPPABLE_HEADER_BYTES);
    if (head.length < 4) return undefined;
    const sign = head.readUInt32LE();
    if (sign === FRAME) return at;
    if ((sign & ~0xf) >>> 0 !== SKIPPABLE || head.length < SKIPPABLE_HEADER_BYTES) return undefined;
    at += SKIPPABLE_HEADER_BYTES + head.readUInt32LE(4);
  }
  return undefined;
}
