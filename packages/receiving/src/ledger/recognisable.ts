import type { HeaderField } from '@vratny/message';

/** Only so much of a field is looked at: both are short. */
const VALUE_CHARS_MAX = 998;

/** Clocks that were never set begin at 1970, 1980 or 2000. */
const CLOCK_IS_SET_FROM_MS = Date.UTC(2001, 0, 1);

/**
 * Whether an equal message is a retry rather than another message: RFC 5322 §3.6 wants one Date and one Message-ID, which make every message another
 * one. Scripts and devices write neither, or leave them empty, or write the same each time because their clock stands: what equals such a message,
 * octet by octet, may be the next alarm. After a 250 it is always new, since a duplicate is better than a loss.
 */
export function isRecognisable(fields: readonly HeaderField[]): boolean {
  const ids = valuesOf(fields, 'message-id');
  const dates = valuesOf(fields, 'date');
  return ids.length === 1 && dates.length === 1 && ids.every(isMessageId) && dates.every(isMoment);
}

function valuesOf(fields: readonly HeaderField[], name: string): readonly string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value.slice(0, VALUE_CHARS_MAX));
}

/** RFC 5322 §3.6.4, as loosely as servers write it. */
function isMessageId(value: string): boolean {
  return /<[^<>\s]+@[^<>\s]+>/u.test(value);
}

function isMoment(value: string): boolean {
  return Date.parse(value) >= CLOCK_IS_SET_FROM_MS;
}
