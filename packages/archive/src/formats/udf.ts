import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

const SECTOR_BYTES = 2048;
const FIRST_SECTOR = 16;
const LAST_SECTOR = 19;

/** UDF: a volume recognition sequence that names it (ECMA-167 2/9.1, 3/9.1). Discs for all readers are ISO 9660 too. */
export const udf: Format = {
  kind: 'udf',
  extensions: [],
  alsoNamed: ['img', 'udf'],
  find(_bytes, head) {
    if (head.length < FIRST_SECTOR * SECTOR_BYTES) return undefined;
    for (let sector = FIRST_SECTOR; sector <= LAST_SECTOR; sector += 1) {
      const id = head.toString('latin1', sector * SECTOR_BYTES + 1, sector * SECTOR_BYTES + 6);
      if (id === 'NSR02' || id === 'NSR03') return { start: 0, certain: true };
    }
    return undefined;
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Udf' }),
};
