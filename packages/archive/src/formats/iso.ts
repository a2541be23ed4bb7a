import { sliceBytes } from '../bytes.ts';
import { findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, type OpenArchive, signAt } from './format.ts';
import { isoRecords } from './iso-records.ts';

const SIGN = Buffer.from('CD001');
const SIGN_AT = 16 * 2048 + 1;
const AT_FRONT = signAt('CD001', SIGN_AT);
/** The type of the first descriptor, in front of the sign; its version stands behind. */
const PRIMARY = 1;

/** ISO 9660: the sign of the first volume descriptor, 16 sectors in (ECMA-119 §8.1). 7-Zip shows one of its trees; the others count too. */
export const iso: Format = {
  kind: 'iso',
  extensions: ['iso'],
  alsoNamed: ['img'],
  find(bytes, head) {
    const first = AT_FRONT(bytes, head);
    if (first !== undefined) return first;
    // 7-Zip finds it behind other data.
    const fits = (window: Buffer, at: number) => window[at + SIGN_AT - 1] === PRIMARY && window[at + SIGN_AT + SIGN.length] === 1;
    const start = findFitting(bytes, SIGN, STUB_MAX_BYTES, { before: SIGN_AT, reach: SIGN.length + 1, fits });
    return start === undefined ? undefined : { start, certain: false };
  },
  async read(archive) {
    const known = new Set<string>();
    await readWithSevenZip(archive, {
      type: 'Iso',
      listed: ({ path }) => known.add(shown(path.slice(path.lastIndexOf('/') + 1))),
    });
    addOthers(archive, known);
  },
};

/** What 7-Zip did not show, wherever it lies: the same name in another folder is forbidden or not just the same. */
function addOthers(archive: OpenArchive, known: Set<string>): void {
  for (const { names, directory, start, sizeBytes } of isoRecords(archive.bytes, () => archive.stopped)) {
    for (const name of names.filter((one) => !known.has(shown(one)))) {
      known.add(shown(name));
      const entry = archive.add({ name, directory, unpackedBytes: directory ? 0 : sizeBytes });
      if (entry !== undefined && !directory) archive.content(entry, sliceBytes(archive.bytes, start, start + sizeBytes));
    }
  }
}

/** Case and a dot at the end are not told apart. */
function shown(name: string): string {
  return name.toLowerCase().replace(/\.$/u, '');
}
