import { isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import type { z } from 'zod';
import { mustBe, read } from './reading.ts';
import { textual } from './scalar.ts';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/** A host or domain name, in A-labels and lower case, without a final dot. */
export function domainName(): z.ZodType<string> {
  return textual('a domain name', (text) => {
    const ascii = domainToASCII(text.toLowerCase().replace(/\.$/u, ''));
    const labels = ascii.split('.');
    const good = ascii.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/u.test(labels.at(-1) ?? '');
    return good ? read(ascii) : mustBe('a domain name', text);
  });
}

/**
 * What the names of a cluster's hosts begin with: `mx1` in `mx1d10`. Bounded so that the longest of them is a label.
 */
export function clusterName(): z.ZodType<string> {
  return textual('a short name such as mx1', (text) =>
    /^[a-z][a-z0-9-]{0,30}$/u.test(text) ? read(text) : mustBe('lower-case letters, digits and hyphens, a letter first', text),
  );
}

/** An e-mail address, kept as written except for the case of its domain. */
export function emailAddress(): z.ZodType<string> {
  return textual('an e-mail address', (text) => {
    const [, local, domain] = /^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64})@([A-Za-z0-9.-]{1,253})$/u.exec(text) ?? [];
    const good = domain
      ?.toLowerCase()
      .split('.')
      .every((label) => LABEL.test(label));
    return good ? read(`${local}@${domain?.toLowerCase()}`) : mustBe('an e-mail address', text);
  });
}

/** `.cz` (every domain below it), `example.org` (that domain), or `someone@example.org`; in lower case. */
export function senderPattern(): z.ZodType<string> {
  const expected = 'a sender pattern such as ".cz", "example.org" or "someone@example.org"';
  return textual(expected, (text) => {
    const lower = text.toLowerCase();
    const domain = lower.replace(/^(?:\.|[^@\s]{1,64}@)/u, '');
    return domain.split('.').every((label) => LABEL.test(label)) ? read(lower) : mustBe(expected, text);
  });
}

/**
 * An answer of a DNS list: an address in 127.0.0.0/8 (RFC 5782 §2.1), but not 127.255.255.x, which lists use for "you
 * may not ask".
 */
export function listingCode(): z.ZodType<string> {
  return textual('an address such as 127.0.0.2', (text) =>
    isIPv4(text) && text.startsWith('127.') && !text.startsWith('127.255.255.')
      ? read(text)
      : mustBe('an address in 127.0.0.0/8 outside 127.255.255.0/24', text),
  );
}
