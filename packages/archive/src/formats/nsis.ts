import { findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

/** Behind the flags of the first header; the same number and letters since version 2. */
const SIGN = Buffer.from('\xef\xbe\xad\xdeNullsoftInst', 'latin1');
const FLAGS_BYTES = 4;
/** No version knows more than four flags: what has others is the sign in somebody's text or code. */
const FLAGS_MAX = 15;

/**
 * Installers of NSIS: an archive behind the program that unpacks it. The program looks at every 512th octet only, 7-Zip
 * at every one, so every one counts.
 */
export const nsis: Format = {
  kind: 'nsis',
  extensions: ['nsis'],
  find(bytes) {
    const fits = (window: Buffer, at: number) => window.readUInt32LE(at) <= FLAGS_MAX;
    const start = findFitting(bytes, SIGN, STUB_MAX_BYTES, { before: FLAGS_BYTES, reach: SIGN.length, fits });
    return start === undefined ? undefined : { start, certain: start === 0 };
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Nsis' }),
};
