import { isIPv4, isIPv6 } from 'node:net';
import { hasUnsafe } from '@vratny/text';
import { type DomainName, normaliseDomain } from './domain.ts';
import { LOCAL_PART_MAX, PATH_MAX } from './limits.ts';

/** A mailbox address (RFC 5321 §4.1.2), normalised: the local part unquoted, the domain in A-labels and lower case. */
export interface Address {
  /** As the sender wrote it, without quoting. Compared without case by us. */
  readonly local: string;
  /** A-labels, or an address literal with its brackets. */
  readonly domain: DomainName;
  /** The IP address when the domain is an address literal. */
  readonly literal?: string;
  /** The domain was written in U-labels, which needs SMTPUTF8 as an 8-bit local part does (RFC 6531 §3.2). */
  readonly uLabels?: true;
}

/** Where replies and bounces go: null for `<>` (RFC 5321 §4.5.5). */
export type ReversePath = Address | null;

/** Why an address could not be read; each becomes its own reply. */
export type AddressProblem = 'syntax' | 'too-long' | 'eight-bit';

const ATOM_TEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]";
const DOT_STRING = new RegExp(`^${ATOM_TEXT}+(?:\\.${ATOM_TEXT}+)*$`, 'u');
// Dots at the ends or side by side are none of RFC 5321 §4.1.2; phones have had such addresses for decades
// (`a..b.@docomo.example`).
const DOTS_ANYWHERE = new RegExp(`^(?:${ATOM_TEXT}|\\.)+$`, 'u');
// RFC 5321 §4.1.2: QcontentSMTP, qtextSMTP and quoted-pairSMTP; no control characters.
const QUOTED_STRING = /^"((?:[\u0020\u0021\u0023-\u005b\u005d-\u007e\u0080-\u{10ffff}]|\\[\u0020-\u007e])*)"$/u;
const NON_ASCII = /[^\u0000-\u007f]/u;
// The replacement character: bytes that are no UTF-8 (or somebody's broken copy of such).
const NOT_UTF8 = /[\ud800-\udfff\ufffd]/u;

/**
 * Reads `local@domain`. With `utf8` the local part may hold any text (RFC 6531 §3.3); without it 8-bit text is a
 * problem of its own, because the reply differs; so are bytes that are no UTF-8 at all.
 */
export function parseAddress(written: string, options: { utf8: boolean }): Address | AddressProblem {
  if (Buffer.byteLength(written, 'utf8') > PATH_MAX) return 'too-long';
  if (NON_ASCII.test(written) && !options.utf8) return 'eight-bit';
  if (NOT_UTF8.test(written)) return 'eight-bit';
  // What cannot be seen has no place in a name that people compare, and could not be said in a reply.
  if (hasUnsafe(written)) return 'syntax';
  const at = written.lastIndexOf('@');
  if (at < 1) return 'syntax';
  const local = parseLocalPart(written.slice(0, at));
  if (local === undefined) return 'syntax';
  if (Buffer.byteLength(local, 'utf8') > LOCAL_PART_MAX) return 'too-long';
  // A name that is written to its root (RFC 1034 §3.1) is the same name.
  const rawDomain = written.slice(at + 1).replace(/(?<=[^.])\.$/u, '');
  if (rawDomain.startsWith('[')) {
    const literal = parseAddressLiteral(rawDomain);
    return literal ? { local, domain: rawDomain.toLowerCase(), literal: literal.ip } : 'syntax';
  }
  const domain = normaliseDomain(rawDomain);
  if (domain === undefined) return 'syntax';
  return NON_ASCII.test(rawDomain) ? { local, domain, uLabels: true } : { local, domain };
}

function parseLocalPart(written: string): string | undefined {
  if (DOTS_ANYWHERE.test(written)) return written;
  const quoted = QUOTED_STRING.exec(written)?.[1];
  // `""@domain` is allowed by RFC 5321 §4.1.2 and used by nobody; its key would be that of the domain's catch-all.
  return quoted === undefined || quoted === '' ? undefined : quoted.replace(/\\(.)/gu, '$1');
}

/** The address as it goes onto the wire and into headers: the local part quoted where it must be. */
export function formatAddress(address: Address): string {
  const local = DOT_STRING.test(address.local) ? address.local : `"${address.local.replace(/["\\]/gu, '\\$&')}"`;
  return `${local}@${address.domain}`;
}

/** The reverse path as it goes onto the wire, without angle brackets: empty for the null sender. */
export function formatReversePath(path: ReversePath): string {
  return path === null ? '' : formatAddress(path);
}

/**
 * The form in which two local parts are the same: composed (NFC, as RFC 6532 §3.1 asks of what is written), lower case,
 * and one small sigma, since which of the two is written depends on what stands after it.
 */
export function localKey(local: string): string {
  return local.normalize('NFC').toLowerCase().normalize('NFC').replaceAll('\u03c2', '\u03c3');
}

/** The form in which two addresses are the same: see {@link localKey}; unquoted, the domain in A-labels. */
export function addressKey(address: Address): string {
  return `${localKey(address.local)}@${address.domain}`;
}

/** An address literal as in `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3). */
export interface AddressLiteral {
  readonly ip: string;
}

/** Reads an address literal with its brackets; undefined when it is none. */
export function parseAddressLiteral(written: string): AddressLiteral | undefined {
  const inner = /^\[([^[\]]+)\]$/u.exec(written)?.[1];
  if (inner === undefined) return undefined;
  const v6 = /^ipv6:(.+)$/iu.exec(inner)?.[1];
  if (v6 !== undefined) return isIPv6(v6) && !v6.includes('%') ? { ip: v6.toLowerCase() } : undefined;
  return isIPv4(inner) ? { ip: inner } : undefined;
}

/** True when an address needs SMTPUTF8: its local part is not ASCII, or its domain was written in U-labels. */
export function needsUtf8(address: Address): boolean {
  return address.uLabels === true || NON_ASCII.test(address.local);
}
