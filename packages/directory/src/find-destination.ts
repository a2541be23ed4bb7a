import { type Address, type DomainName, localKey, parseAddress } from '@vratny/smtp';
import { type Steps, wait } from '@vratny/waiting';
import { followAlias } from './follow.ts';
import { ALIAS_DOMAINS_MAX } from './limits.ts';
import { type Destination, DirectoryFault, type Domain, type Mailbox } from './port.ts';
import type { Entry, Rows } from './store.ts';

/** How addresses are read, and who is told of what is wrong in the directory and keeps no mail. */
interface Reading {
  /** Signs that may begin an extension. */
  readonly extensionSigns: string;
  /** Told of aliases with targets that do not exist, in words for the operator. */
  readonly onTrouble: (detail: string) => void;
  /** See `LookupSettings`. */
  readonly forwarding?: string | undefined;
}

/** The order of `Directory.findDestination`, over whatever keeps the rows. A plain mailbox costs two look-ups. */
export function* findDestination(rows: Rows, address: Address, reading: Reading): Steps<Destination> {
  if (address.literal !== undefined) return { kind: 'elsewhere' };
  const domain = yield* findOurDomain(rows, address.domain);
  if (domain === undefined) return { kind: 'elsewhere' };
  const found = yield* findIn(rows, localKey(address.local), domain, reading.extensionSigns);
  if (found === undefined) return { kind: 'unknown', domain };
  if (found.entry.kind === 'mailbox') return { kind: 'mailboxes', domain, mailboxes: [found.entry.mailbox] };
  return yield* followToMailboxes(rows, domain, found, reading);
}

/**
 * A domain of ours. A directory without any domain was emptied, or is not the one that was meant: it cannot tell what is ours.
 * @throws DirectoryFault
 */
export function* findOurDomain(rows: Rows, name: DomainName): Steps<Domain | undefined> {
  const domain = yield* wait(rows.findDomain(name));
  if (domain === undefined && !(yield* wait(rows.hasDomains())))
    throw new DirectoryFault('it holds no domain at all; is it the right one?');
  return domain;
}

interface Found {
  readonly address: string;
  readonly entry: Entry;
}

/** What takes a name in a domain, or in the one that it is an alias of. */
function* findIn(rows: Rows, local: string, domain: Domain, extensionSigns: string): Steps<Found | undefined> {
  let at: Domain = domain;
  for (let step = 0; step <= ALIAS_DOMAINS_MAX; step++) {
    const { aliasOf } = at;
    const found = yield* findEntryOf(rows, local, at.name, { extensionSigns, implied: aliasOf === undefined });
    if (found !== undefined || aliasOf === undefined) return found;
    const next = yield* wait(rows.findDomain(aliasOf));
    if (next === undefined) throw new DirectoryFault(`the domain ${at.name} is an alias of ${aliasOf}, which is no domain of ours`);
    at = next;
  }
  throw new DirectoryFault(`the domain ${domain.name} leads over more than ${ALIAS_DOMAINS_MAX} domain aliases`);
}

interface InDomain {
  readonly extensionSigns: string;
  /** Whether postmaster and abuse are there without rows of their own. */
  readonly implied: boolean;
}

function* findEntryOf(rows: Rows, local: string, domain: DomainName, { extensionSigns, implied }: InDomain): Steps<Found | undefined> {
  for (const name of namesOf(local, extensionSigns)) {
    const address = `${name}@${domain}`;
    const entry = (yield* wait(rows.findEntry(address))) ?? (implied ? impliedEntry(name, domain) : undefined);
    if (entry !== undefined) return { address, entry: leadOn(entry, name) };
  }
  const catchAll = `@${domain}`;
  const entry = yield* wait(rows.findEntry(catchAll));
  return entry === undefined ? undefined : { address: catchAll, entry: leadOn(entry, local) };
}

/** A target `@domain`, which databases of others have, is the same name in that domain, as in Postfix's virtual(5). */
function leadOn(entry: Entry, name: string): Entry {
  if (entry.kind === 'mailbox' || name === '' || !entry.targets.some((target) => target.startsWith('@'))) return entry;
  return { ...entry, targets: entry.targets.map((target) => (target.startsWith('@') ? `${name}${target}` : target)) };
}

/**
 * The whole name, and what stands before each sign that may begin an extension (RFC 5233 §1), the longest first: with `-` as a sign `jan-novak-shop` is that of
 * `jan-novak`, not of `jan`, where both are there. A name that begins with a sign has no extension there. At most as many as a local part has octets.
 */
export function* namesOf(local: string, extensionSigns: string): Generator<string> {
  yield local;
  for (let at = local.length - 1; at > 0; at -= 1) {
    if (extensionSigns.includes(local.charAt(at))) yield local.slice(0, at);
  }
}

function* followToMailboxes(rows: Rows, domain: Domain, { address: alias, entry }: Found, reading: Reading): Steps<Destination> {
  // A target may have an extension, lie in a domain alias, or be the catch-all's: databases of others have such.
  const find = (target: string) => findTarget(rows, target, reading.extensionSigns);
  const { mailboxes, missing, cut } = yield* followAlias(alias, entry, find);
  // The register refuses such aliases; rows that came about otherwise delay mail rather than lose a part of it.
  if (cut !== undefined) throw new DirectoryFault(`alias ${alias} leads too far (${cut})`);
  const gone: string[] = [];
  const reached = [...mailboxes];
  for (const target of missing) {
    if ((yield* wait(rows.findDomain(splitAddress(target).domain))) !== undefined) gone.push(target);
    else reached.push(outsideMailbox(alias, target, reading.forwarding));
  }
  if (gone.length > 0) reading.onTrouble(sayMissing(alias, gone, reached.length > 0));
  return reached.length === 0 ? { kind: 'unknown', domain } : { kind: 'mailboxes', domain, mailboxes: reached };
}

/** Whether an answer refuses the recipient: nobody is there, or no mailbox of his is in use. */
export function isDenial(found: Destination): boolean {
  return found.kind !== 'mailboxes' || !found.mailboxes.some(({ enabled }) => enabled);
}

/**
 * Whether an answer may not be taken back: the recipient is refused, or the message is given to somebody who sends it on. Both must come from what the directory
 * says now.
 */
export function isFinalAnswer(found: Destination, forwarding: string | undefined): boolean {
  return (
    isDenial(found) || (found.kind === 'mailboxes' && forwarding !== undefined && found.mailboxes.some(({ store }) => store === forwarding))
  );
}

/** An address that is not ours, as a mailbox of the relay that sends mail on. @throws DirectoryFault where the site has none */
function outsideMailbox(alias: string, target: string, forwarding: string | undefined): Mailbox {
  const address = parseAddress(target, { utf8: true });
  if (typeof address === 'string') throw new DirectoryFault(`alias ${alias} leads to ${target}, which is no address`);
  if (forwarding === undefined)
    throw new DirectoryFault(`alias ${alias} leads to ${target}, which is not ours, and nothing here forwards mail`);
  return { address: target, usedBytes: 0, store: forwarding, antispam: false, enabled: true };
}

function* findTarget(rows: Rows, target: string, extensionSigns: string): Steps<Entry | undefined> {
  const { local, domain } = splitAddress(target);
  const there = yield* wait(rows.findDomain(domain));
  return there && (yield* findIn(rows, local, there, extensionSigns))?.entry;
}

function sayMissing(alias: string, missing: readonly string[], served: boolean): string {
  const some = missing.slice(0, 3).join(', ');
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  return `alias ${alias} leads to ${some}${more}, which ${missing.length === 1 ? 'does' : 'do'} not exist; ${served ? 'its other targets are served' : 'nobody gets its mail'}`;
}

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
function impliedEntry(local: string, domain: DomainName): Entry | undefined {
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
