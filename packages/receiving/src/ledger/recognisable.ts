import type { HeaderField } from '@vratny/message';

/** Characters of a field that are read: both fields are short. */
const VALUE_CHARS_MAX = 998;

/** Clocks that were never set begin at 1970, 1980 or 2000. */
const CLOCK_IS_SET_FROM_MS = Date.UTC(2001, 0, 1);

/**
 * Whether an equal message is a retry. RFC 5322 §3.6 asks for one Date and one Message-ID, which make each message
 * different. Scripts and devices often write neither, write them empty, or write the same ones each time because their
 * clock does not run; an equal message from them may be a new alarm. After a 250 it is treated as new, since a
 * duplicate is better than a loss.
 */
export function isRecognisable(fields: readonly HeaderField[]): boolean {
  const ids = valuesOf(fields, 'message-id');
  const dates = valuesOf(fields, 'date');
  return ids.length === 1 && dates.length === 1 && ids.every(isMessageId) && dates.every(isMoment);
}

function valuesOf(fields: readonly HeaderField[], name: string): readonly string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value.slice(0, VALUE_CHARS_MAX));
}

/** RFC 5322 §3.6.4, in the forms that servers write. */
function isMessageId(value: string): boolean {
  return /<[^<>\s]+@[^<>\s]+>/u.test(value);
}

function isMoment(value: string): boolean {
  return Date.parse(value) >= CLOCK_IS_SET_FROM_MS;
}
