import type { RecordType } from './port.ts';

/** Every type that can be asked for. The object makes the compiler complain when one is missing. */
const LISTED: { readonly [T in RecordType]: T } = { A: 'A', AAAA: 'AAAA', MX: 'MX', TXT: 'TXT', PTR: 'PTR', NS: 'NS', TLSA: 'TLSA' };

/** Every type that can be asked for. */
export const RECORD_TYPES: readonly RecordType[] = Object.values(LISTED);

/** Whether a word is such a type. */
export function isRecordType(word: string): word is RecordType {
  return Object.hasOwn(LISTED, word);
}
