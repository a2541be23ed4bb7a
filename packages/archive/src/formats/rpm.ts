import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/** A package of RPM: one compressed cpio. */
export const rpm: Format = {
  kind: 'rpm',
  extensions: ['rpm'],
  find: signAt('\xed\xab\xee\xdb'),
  read: (archive) => readWithSevenZip(archive, { type: 'Rpm' }),
};
