import { domainToASCII } from 'node:url';
import { DOMAIN_MAX } from './limits.ts';

/** A domain name in A-labels, lower case, without a final dot (RFC 5890 §2.3.2.1). */
export type DomainName = string;

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/u;

/**
 * A domain as written to the form we compare: A-labels, lower case. Undefined when it is no domain name: empty or
 * overlong labels, characters a host name cannot have (underscores are let by, real senders use them), or an address in
 * disguise.
 */
export function normaliseDomain(written: string): DomainName | undefined {
  // No label is shorter as a U-label than half of its A-label in UTF-16 units; what is longer need not be looked at.
  if (written.length > 2 * DOMAIN_MAX) return undefined;
  const lower = written.toLowerCase();
  // Only what is not ASCII goes through IDNA, and only among letters, digits, hyphens and dots: URL parsing also drops
  // tabs and reads "0x7f.1" or "%41" as something else.
  if (!/^[a-z0-9_.\u0080-\u{10ffff}-]+$/u.test(lower)) return undefined;
  const ascii = /^[\u0000-\u007f]+$/u.test(lower) ? lower : domainToASCII(lower);
  if (ascii === '' || ascii.length > DOMAIN_MAX) return undefined;
  const labels = ascii.split('.');
  if (!labels.every((label) => LABEL.test(label))) return undefined;
  // RFC 3696 §2: a top label is never all digits, so that "1.2.3.4" is no name.
  return /^\d+$/u.test(labels.at(-1) ?? '') ? undefined : ascii;
}
