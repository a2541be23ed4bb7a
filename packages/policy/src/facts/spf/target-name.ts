import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { DOMAIN_MAX_CHARS } from '../../limits.ts';

const LABEL = /^[\u0021-\u002d\u002f-\u007e]{1,63}$/u;

/**
 * The name whose record is asked for, in A-labels and lower case, without its final dot; undefined when it is malformed (RFC 7208 §4.3): an
 * empty label or one of more than 63 octets, a name of more than 253, a single label, or an address. Underscores and hyphens anywhere are
 * no fault: DNS has nothing against them (RFC 2181 §11).
 */
export function targetName(written: string): string | undefined {
  if (written.length > 2 * DOMAIN_MAX_CHARS) return undefined;
  const dotless = written.trim().toLowerCase().replace(/\.$/u, '');
  const name = /^[\u0000-\u007f]*$/u.test(dotless) ? dotless : domainToASCII(dotless);
  if (name.length >= DOMAIN_MAX_CHARS || isIP(name) !== 0 || name.startsWith('[')) return undefined;
  const labels = name.split('.');
  return labels.length > 1 && labels.every((label) => LABEL.test(label)) ? name : undefined;
}
