import type { Domain, Mailbox } from '../port.ts';
import { splitAddress } from '../reserved.ts';
import type { Entry, RegisterRows, Rows } from '../store.ts';
import type { Source } from './gather.ts';

/** Works on rows of ours. */
export type ReadOverlay = <T>(work: (rows: Rows) => Promise<T>) => Promise<T>;

/**
 * A database of somebody else's with what it lacks: letters, who knows the mailboxes, antispam and stores stand in a directory of our own, whose domains and
 * mailboxes count only where the database has them too.
 */
export function overlaySource(source: Source, read: ReadOverlay): Source {
  return {
    hasDomains: () => source.hasDomains(),
    listStores: (limit) => read((rows) => rows.listStores(limit)),
    findDomains: async (names) => {
      const found = await source.findDomains(names);
      if (found.size === 0) return found;
      return read(
        async (rows) =>
          new Map(await Promise.all([...found].map(async ([name, domain]) => [name, await overlayDomain(rows, domain)] as const))),
      );
    },
    findEntries: async (addresses) => {
      const found = await source.findEntries(addresses);
      if (found.size === 0) return found;
      return read(
        async (rows) =>
          new Map(await Promise.all([...found].map(async ([address, entry]) => [address, await overlayEntry(rows, entry)] as const))),
      );
    },
  };
}

/** The same of rows. */
export function overlayRows(rows: Rows, ours: Rows): Rows {
  return {
    ...rows,
    findDomain: async (name) => {
      const domain = await rows.findDomain(name);
      return domain && overlayDomain(ours, domain);
    },
    findEntry: async (address) => {
      const entry = await rows.findEntry(address);
      return entry && overlayEntry(ours, entry);
    },
  };
}

async function overlayDomain(rows: Rows, domain: Domain): Promise<Domain> {
  const ours = await rows.findDomain(domain.name);
  if (ours === undefined) return domain;
  const { letter, previous, mailboxes } = ours;
  return { ...domain, letter, ...(previous === undefined ? {} : { previous }), ...(mailboxes === undefined ? {} : { mailboxes }) };
}

async function overlayEntry(rows: Rows, entry: Entry): Promise<Entry> {
  if (entry.kind === 'mailbox') return { ...entry, mailbox: await overlayMailbox(rows, entry.mailbox) };
  return entry.own === undefined ? entry : { ...entry, own: await overlayMailbox(rows, entry.own) };
}

async function overlayMailbox(rows: Rows, mailbox: Mailbox): Promise<Mailbox> {
  const ours = await rows.findEntry(mailbox.address);
  if (ours?.kind !== 'mailbox') return mailbox;
  const { antispam, store } = ours.mailbox;
  return { ...mailbox, antispam, ...(store === undefined ? {} : { store }) };
}

/** Writes what the database lacks about a domain of it. */
export async function writeDomain(ours: RegisterRows, of: Domain): Promise<void> {
  const { aliasOf: _aliasOf, ...domain } = of;
  if ((await ours.findDomain(domain.name)) === undefined) await ours.insertDomain(domain);
  else await ours.updateDomain(domain);
}

/** Writes what the database lacks about a mailbox of it; `domain` is the one that it lies in. */
export async function writeMailbox(ours: RegisterRows, domain: Domain, mailbox: Mailbox): Promise<void> {
  const { address, antispam, store } = mailbox;
  const settings: Mailbox = { address, usedBytes: 0, antispam, enabled: true, ...(store === undefined ? {} : { store }) };
  if ((await ours.findDomain(splitAddress(address).domain)) === undefined) await writeDomain(ours, domain);
  if ((await ours.findEntry(address)) === undefined) await ours.insertMailbox(settings);
  else await ours.updateSettings(settings);
}
