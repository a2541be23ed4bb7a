import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';
import { impliedName } from './implied.ts';

const EXTENSIONS = ['z', 'taz'];

/** What compress(1) makes: a sign of two octets, then the number of bits, 9 to 16, with two flags that must not be set. */
export const z: Format = {
  kind: 'z',
  extensions: EXTENSIONS,
  find(_bytes, head) {
    const flags = head[2] ?? 0;
    const bits = flags & 0x1f;
    const plausible = head[0] === 0x1f && head[1] === 0x9d && (flags & 0x60) === 0 && bits >= 9 && bits <= 16;
    return plausible ? { start: 0, certain: true } : undefined;
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Z', impliedName: impliedName(archive.name, EXTENSIONS) }),
};
