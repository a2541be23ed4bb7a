/** What reading a value from the site file came to: the value, or what is wrong with it in words for the operator. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** The message for a key that must be there and is not. */
export const MISSING = 'is missing';

/** A value was read. */
export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

/** A value could not be read; the message follows `path:` and ends without a full stop. */
export function wrong(message: string): Extract<Reading<unknown>, { readonly ok: false }> {
  return { ok: false, message };
}
