import type { DomainName } from '@vratny/smtp';
import type { Mailbox } from './port.ts';
import type { Entry, Rows } from './store.ts';

const POSTMASTER = 'postmaster';
const ABUSE = 'abuse';

/** The two names that exist in every domain of ours (RFC 5321 §4.5.1, RFC 2142 §4): never full, never disabled. */
export function isReserved(local: string): boolean {
  return local === POSTMASTER || local === ABUSE;
}

/** The local part and the domain of an address in the form of `addressKey`. */
export function splitAddress(address: string): { readonly local: string; readonly domain: DomainName } {
  const at = address.lastIndexOf('@');
  return { local: address.slice(0, at), domain: address.slice(at + 1) };
}

/**
 * What stands at a reserved name without a row of its own: abuse is an alias of postmaster, postmaster a mailbox without limit.
 * Undefined for every other name. The caller knows that the domain is ours.
 */
export function impliedEntry(local: string, domain: DomainName): Entry | undefined {
  const postmaster = `${POSTMASTER}@${domain}`;
  if (local === ABUSE) return { kind: 'alias', targets: [postmaster] };
  return local === POSTMASTER ? { kind: 'mailbox', mailbox: impliedMailbox(postmaster) } : undefined;
}

function impliedMailbox(address: string): Mailbox {
  return { address, usedBytes: 0, antispam: false, enabled: true };
}

/** What stands at an address, reserved names included; neither tags nor the catch-all are looked at. */
export async function findNamed(rows: Rows, address: string): Promise<Entry | undefined> {
  const entry = await rows.findEntry(address);
  if (entry !== undefined) return entry;
  const { local, domain } = splitAddress(address);
  if (!isReserved(local)) return undefined;
  return (await rows.findDomain(domain)) === undefined ? undefined : impliedEntry(local, domain);
}
