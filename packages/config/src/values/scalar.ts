import { isIP } from 'node:net';
import { z } from 'zod';
import { CIPHERS_MAX } from '../limits.ts';
import { formatDuration, type Milliseconds, parseDuration } from './duration.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { type Network, parseNetwork } from './network.ts';
import { MISSING, mustBe, type Reading, read, wrong } from './reading.ts';
import { formatSize, type Octets, parseSize } from './size.ts';

/** A zod schema from a reader, so that every message is ours. A key that is not there reads as missing. */
function scalar<T>(parse: (written: unknown) => Reading<T>): z.ZodType<T> {
  return z.unknown().transform((written, context) => {
    const reading = written === undefined ? wrong(MISSING) : parse(written);
    if (reading.ok) return reading.value;
    context.addIssue({ code: 'custom', message: reading.message, input: written });
    return z.NEVER;
  });
}

/** A schema for text that a reader understands. */
export function textual<T>(expected: string, parse: (text: string) => Reading<T>): z.ZodType<T> {
  return scalar((written) => (typeof written === 'string' && written !== '' ? parse(written) : mustBe(expected, written)));
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): z.ZodType<T> {
  const expected = words.map((word) => `"${word}"`).join(' or ');
  return textual(expected, (text) => {
    const word = words.find((one) => one === text);
    return word === undefined ? mustBe(expected, text) : read(word);
  });
}

/** A whole number between two bounds, both included. */
export function wholeNumber(min: number, max: number): z.ZodType<number> {
  return scalar((written) =>
    typeof written === 'number' && Number.isInteger(written) && written >= min && written <= max
      ? read(written)
      : mustBe(`a whole number from ${min} to ${max}`, written),
  );
}

/** A number between two bounds, both included. */
export function decimal(min: number, max: number): z.ZodType<number> {
  return scalar((written) =>
    typeof written === 'number' && written >= min && written <= max ? read(written) : mustBe(`a number from ${min} to ${max}`, written),
  );
}

/** A list of ciphers in the form of OpenSSL; which of them there are, only OpenSSL knows. */
export function cipherList(): z.ZodType<string> {
  const expected = 'a list of ciphers such as ECDHE+AESGCM:ECDHE+CHACHA20';
  return textual(expected, (text) => (/^[\w+!@=:, .-]+$/u.test(text) && text.length <= CIPHERS_MAX ? read(text) : mustBe(expected, text)));
}

/** A size between two bounds, both included. */
export function size(min: Octets, max: Octets): z.ZodType<Octets> {
  return scalar((written) => {
    const reading = parseSize(written);
    if (!reading.ok || (reading.value >= min && reading.value <= max)) return reading;
    return mustBe(`from ${formatSize(min)} to ${formatSize(max)}`, written);
  });
}

/** A duration between two bounds, both included. */
export function duration(min: Milliseconds, max: Milliseconds): z.ZodType<Milliseconds> {
  return scalar((written) => {
    const reading = parseDuration(written);
    if (!reading.ok || (reading.value >= min && reading.value <= max)) return reading;
    return mustBe(`from ${formatDuration(min)} to ${formatDuration(max)}`, written);
  });
}

/** `HOST:PORT`. */
export function endpoint(): z.ZodType<Endpoint> {
  return textual('HOST:PORT', (text) => parseEndpoint(text));
}

/** The address and port of a resolver; the port is 53 when left out. Names would need a resolver first. */
export function resolverEndpoint(): z.ZodType<Endpoint> {
  const expected = 'the IP address of a resolver, such as 127.0.0.1:53';
  return textual(expected, (text) => {
    const reading = parseEndpoint(isIP(text) === 6 ? `[${text}]` : text, 53);
    return reading.ok && isIP(reading.value.host) === 0 ? mustBe(expected, text) : reading;
  });
}

/** A network. */
export function network(): z.ZodType<Network> {
  return scalar(parseNetwork);
}

/**
 * Signs that may begin an extension of a local part, as one text: `"-_"`, or a list of them. `@`, quotes, dots and what
 * needs quotes are none.
 */
export function extensionSigns(): z.ZodType<string> {
  return scalar((written) => {
    const text = Array.isArray(written) && written.every((one) => typeof one === 'string' && one.length === 1) ? written.join('') : written;
    return typeof text === 'string' && /^[!#$%&'*+/=?^_`{|}~-]{0,10}$/u.test(text)
      ? read(text.replaceAll('+', ''))
      : mustBe('signs such as "-" or "-_"', written);
  });
}
