import { QUOTED_MAX } from '../limits.ts';

/** What reading a value from the site file came to: the value, or what is wrong with it in words for the operator. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** The message for a key that must be there and is not. */
export const MISSING = 'is missing';

/** The message for a URL with a password. */
export const NO_PASSWORD_IN_URL = 'holds a password: write { url: ..., password: { file: PATH } } instead, and the password into that file';

/** A value was read. */
export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

/** A value could not be read; the message follows `path:` and ends without a full stop. */
export function wrong(message: string): Extract<Reading<unknown>, { readonly ok: false }> {
  return { ok: false, message };
}

/** What the file wrote, for a message: in quotes, cut, on one line. */
export function quote(value: unknown): string {
  const written = JSON.stringify(value) ?? String(value);
  return written.length > QUOTED_MAX ? `${written.slice(0, QUOTED_MAX)}…` : written;
}

/** A value could not be read: what it must be, and what was written. */
export function mustBe(expected: string, written: unknown): Extract<Reading<unknown>, { readonly ok: false }> {
  return wrong(`must be ${expected}, not ${quote(written)}`);
}
