import { type Address, type DomainName, localKey } from '@vratny/smtp';
import { followAlias } from './follow.ts';
import { type Destination, DirectoryFault, type Domain } from './port.ts';
import { impliedEntry } from './reserved.ts';
import type { Entry, Rows } from './store.ts';

/** The order of `Directory.findDestination`, over whatever keeps the rows. A plain mailbox costs two look-ups. */
export async function findDestination(rows: Rows, address: Address, extensionSigns: string): Promise<Destination> {
  if (address.literal !== undefined) return { kind: 'elsewhere' };
  const domain = await findOurDomain(rows, address.domain);
  if (domain === undefined) return { kind: 'elsewhere' };
  const found = await findEntryOf(rows, localKey(address.local), domain, extensionSigns);
  if (found === undefined) return { kind: 'unknown', domain };
  if (found.entry.kind === 'mailbox') return { kind: 'mailboxes', domain, mailboxes: [found.entry.mailbox] };
  return followToMailboxes(rows, domain, found.address, found.entry.targets);
}

/**
 * A domain of ours. A directory without any domain was emptied, or is not the one that was meant: it cannot tell what is ours.
 * @throws DirectoryFault
 */
export async function findOurDomain(rows: Rows, name: DomainName): Promise<Domain | undefined> {
  const domain = await rows.findDomain(name);
  if (domain === undefined && !(await rows.hasDomains())) throw new DirectoryFault('it holds no domain at all; is it the right one?');
  return domain;
}

interface Found {
  readonly address: string;
  readonly entry: Entry;
}

async function findEntryOf(rows: Rows, local: string, domain: Domain, extensionSigns: string): Promise<Found | undefined> {
  for (const name of namesOf(local, extensionSigns)) {
    const address = `${name}@${domain.name}`;
    const entry = (await rows.findEntry(address)) ?? impliedEntry(name, domain.name);
    if (entry !== undefined) return { address, entry };
  }
  const catchAll = `@${domain.name}`;
  const entry = await rows.findEntry(catchAll);
  return entry === undefined ? undefined : { address: catchAll, entry };
}

/**
 * The whole name, and what stands before each sign that may begin an extension (RFC 5233 §1), the longest first: with `-` as a sign `jan-novak-shop` is that of
 * `jan-novak`, not of `jan`, where both are there. A name that begins with a sign has no extension there. At most as many as a local part has octets.
 */
function* namesOf(local: string, extensionSigns: string): Generator<string> {
  yield local;
  for (let at = local.length - 1; at > 0; at -= 1) {
    if (extensionSigns.includes(local.charAt(at))) yield local.slice(0, at);
  }
}

async function followToMailboxes(rows: Rows, domain: Domain, alias: string, targets: readonly string[]): Promise<Destination> {
  const { mailboxes, missing, cut } = await followAlias(rows, alias, targets);
  // The register refuses such aliases; rows that came about otherwise delay mail rather than lose a part of it.
  if (cut !== undefined) throw new DirectoryFault(`alias ${alias} leads too far (${cut})`);
  // One unknown target makes the recipient unknown: nobody is left out silently.
  return missing.length > 0 || mailboxes.length === 0 ? { kind: 'unknown', domain } : { kind: 'mailboxes', domain, mailboxes };
}
