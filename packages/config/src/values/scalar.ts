import { z } from 'zod';
import { CIPHERS_MAX, QUOTED_MAX } from '../limits.ts';

/** What reading a value from the site file came to: the value, or what is wrong with it in words for the operator. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** The message for a key that must be there and is not. */
export const MISSING = 'is missing';

/** A value was read. */
export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

/** A value could not be read; the message follows `path:` and ends without a full stop. */
export function wrong(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

/** What the file wrote, for a message: in quotes, cut, on one line. */
export function quote(value: unknown): string {
  const written = JSON.stringify(value) ?? String(value);
  return written.length > QUOTED_MAX ? `${written.slice(0, QUOTED_MAX)}…` : written;
}

/** A zod schema from a reader, so that every message is ours. A key that is not there reads as missing. */
export function scalar<T>(parse: (written: unknown) => Reading<T>): z.ZodType<T> {
  return z.unknown().transform((written, context) => {
    const reading = written === undefined ? wrong(MISSING) : parse(written);
    if (reading.ok) return reading.value;
    context.addIssue({ code: 'custom', message: reading.message, input: written });
    return z.NEVER;
  });
}

/** A schema for text that a reader understands. */
export function textual<T>(expected: string, parse: (text: string) => Reading<T>): z.ZodType<T> {
  return scalar((written) =>
    typeof written === 'string' && written !== '' ? parse(written) : wrong(`must be ${expected}, not ${quote(written)}`),
  );
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): z.ZodType<T> {
  const expected = words.map((word) => `"${word}"`).join(' or ');
  return textual(expected, (text) => {
    const word = words.find((one) => one === text);
    return word === undefined ? wrong(`must be ${expected}, not ${quote(text)}`) : read(word);
  });
}

/** A whole number between two bounds, both included. */
export function wholeNumber(min: number, max: number): z.ZodType<number> {
  return scalar((written) =>
    typeof written === 'number' && Number.isInteger(written) && written >= min && written <= max
      ? read(written)
      : wrong(`must be a whole number from ${min} to ${max}, not ${quote(written)}`),
  );
}

/** A number between two bounds, both included. */
export function decimal(min: number, max: number): z.ZodType<number> {
  return scalar((written) =>
    typeof written === 'number' && written >= min && written <= max
      ? read(written)
      : wrong(`must be a number from ${min} to ${max}, not ${quote(written)}`),
  );
}

/** A list of ciphers in the form of OpenSSL; which of them there are, only OpenSSL knows. */
export function cipherList(): z.ZodType<string> {
  const expected = 'a list of ciphers such as ECDHE+AESGCM:ECDHE+CHACHA20';
  return textual(expected, (text) =>
    /^[\w+!@=:, .-]+$/u.test(text) && text.length <= CIPHERS_MAX ? read(text) : wrong(`must be ${expected}, not ${quote(text)}`),
  );
}
