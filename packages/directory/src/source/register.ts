import { createRegister } from '../create-register.ts';
import { splitAddress } from '../find-destination.ts';
import { LISTED_DOMAINS_MAX, LISTED_MS } from '../limits.ts';
import { DirectoryFault, type Domain, type Mailbox, type MailboxesAt } from '../port.ts';
import { type Register, RegisterRefusal } from '../register.ts';
import type { Entry, RegisterRows, Rows, Store } from '../store.ts';
import type { Source } from './gather.ts';

/** What a register of somebody else's database stands on. */
interface AdoptedRegisterParts {
  readonly source: Source;
  /** Domains of the database, sorted by name, at most so many; undefined where it cannot list them. */
  readonly listDomains?: (limit: number) => Promise<readonly Domain[]>;
  /** A directory of our own with what the database lacks; without it nothing can be changed here. */
  readonly overlay?: Store;
  readonly now: () => Date;
  readonly mailboxes: MailboxesAt;
  close(): Promise<void>;
}

/**
 * The register of a site whose domains and mailboxes stand in a database of somebody else's: what that lacks is changed here (letters, who knows the mailboxes,
 * antispam, stores), and everything else is refused with the way to it. What was stored is not counted: the database has its own count.
 */
export function createAdoptedRegister(parts: AdoptedRegisterParts): Register {
  const { overlay } = parts;
  const listed = createDomainList(parts);
  const rowsWith = (ours: RegisterRows | undefined): RegisterRows => createRows(parts, ours, listed);
  const store: Store = {
    read: (work) => (overlay === undefined ? work(rowsWith(undefined)) : overlay.read((ours) => work(rowsWith(ours)))),
    change: (work) => {
      if (overlay === undefined)
        throw new RegisterRefusal(`there is nowhere to write it: name an overlay in the site file (directory.overlay)`);
      return overlay.change((ours) => work(rowsWith(ours)));
    },
    close: async () => {
      await parts.close();
      await overlay?.close();
    },
  };
  const register = createRegister(store, parts.now, parts);
  return { ...register, addUsage: async () => undefined, setUsage: async () => undefined, writeUsage: async () => undefined };
}

/** All domains of the database, by name. */
type DomainList = () => Promise<readonly Domain[]>;

/** One list serves all pages that are asked for within some seconds. */
function createDomainList({ listDomains, now }: AdoptedRegisterParts): DomainList {
  let held: { readonly atMs: number; readonly domains: Promise<readonly Domain[]> } | undefined;
  return async () => {
    if (listDomains === undefined) throw refuse('lists of domains');
    const nowMs = now().getTime();
    if (held === undefined || Math.abs(nowMs - held.atMs) > LISTED_MS) held = { atMs: nowMs, domains: listDomains(LISTED_DOMAINS_MAX) };
    const { domains } = held;
    try {
      return await domains;
    } catch (error) {
      held = undefined;
      throw error;
    }
  };
}

function createRows(parts: AdoptedRegisterParts, ours: RegisterRows | undefined, listed: DomainList): RegisterRows {
  const source =
    ours === undefined
      ? parts.source
      : overlaySource(
          parts.source,
          overlayOfRows((work) => work(ours)),
        );
  const findDomain: RegisterRows['findDomain'] = async (name) => (await source.findDomains([name])).get(name);
  return {
    ...listings(source, ours, listed),
    ...refusals(),
    findDomain,
    hasDomains: () => source.hasDomains(),
    findEntry: async (address) => (await source.findEntries([address])).get(address),
    updateDomain: async (domain) => writeDomain(need(ours), domain),
    updateSettings: async (mailbox) => {
      const { domain } = splitAddress(mailbox.address);
      const [there, before] = [await findDomain(domain), (await parts.source.findEntries([mailbox.address])).get(mailbox.address)];
      if (there === undefined || before?.kind !== 'mailbox') throw new DirectoryFault(`${mailbox.address} is gone`);
      const { quotaBytes, enabled } = before.mailbox;
      if (mailbox.quotaBytes !== quotaBytes || mailbox.enabled !== enabled) throw refuse('quotas and states of mailboxes');
      await writeMailbox(need(ours), there, mailbox);
    },
    insertAudit: (entry) => need(ours).insertAudit(entry),
    acceptLetter: (domain, letter, since) => need(ours).acceptLetter(domain, letter, since),
    updateAcceptedLetter: (domain, accepted) => need(ours).updateAcceptedLetter(domain, accepted),
    listAcceptedLetters: async (domain) => (await ours?.listAcceptedLetters(domain)) ?? [],
  };
}

type Listings = 'listDomains' | 'listMailboxes' | 'listAliases' | 'listStores' | 'listAudit';

function listings(source: Source, ours: RegisterRows | undefined, listed: DomainList): Pick<RegisterRows, Listings> {
  return {
    listDomains: async (limit, after = '') => {
      const page = (await listed()).filter(({ name }) => name > after).slice(0, limit);
      if (ours === undefined) return page;
      const overlaid: Domain[] = [];
      for (const domain of page) overlaid.push(overlayDomain(domain, await ours.findDomain(domain.name)));
      return overlaid;
    },
    listMailboxes: async () => {
      throw refuse('lists of mailboxes');
    },
    listAliases: async () => {
      throw refuse('lists of aliases');
    },
    listStores: (limit) => source.listStores(limit),
    listAudit: async (limit) => ours?.listAudit(limit) ?? [],
  };
}

type Refused =
  | 'insertDomain'
  | 'insertMailbox'
  | 'insertAlias'
  | 'deleteDomain'
  | 'deleteMailbox'
  | 'deleteAlias'
  | 'addUsage'
  | 'setUsage';

function refusals(): Pick<RegisterRows, Refused> {
  const refused = (what: string) => async (): Promise<never> => {
    throw refuse(what);
  };
  return {
    deleteDomain: refused('domains'),
    deleteMailbox: refused('mailboxes'),
    deleteAlias: refused('aliases'),
    insertDomain: refused('domains'),
    insertMailbox: refused('mailboxes'),
    insertAlias: refused('aliases'),
    addUsage: async () => undefined,
    setUsage: async () => undefined,
  };
}

function refuse(what: string): RegisterRefusal {
  return new RegisterRefusal(`${what} are the matter of the program whose database this is: use that program`);
}

function need(ours: RegisterRows | undefined): RegisterRows {
  if (ours === undefined) throw new RegisterRefusal('this directory has no overlay to write to');
  return ours;
}

/** What an overlay is asked: directories of our own, by rows or in questions. */
type Overlay = Pick<Source, 'findDomains' | 'findEntries' | 'listStores'>;

/** An overlay in rows that somebody lends. */
export function overlayOfRows(read: <T>(work: (rows: Rows) => Promise<T>) => Promise<T>): Overlay {
  const each = <T>(names: readonly string[], find: (rows: Rows, name: string) => T | undefined | Promise<T | undefined>) =>
    read(async (rows) => {
      const found = new Map<string, T>();
      for (const name of names) {
        const one = await find(rows, name);
        if (one !== undefined) found.set(name, one);
      }
      return found;
    });
  return {
    findDomains: (names) => each(names, (rows, name) => rows.findDomain(name)),
    findEntries: (addresses) => each(addresses, (rows, address) => rows.findEntry(address)),
    listStores: (limit) => read((rows) => rows.listStores(limit)),
  };
}

/**
 * A database of somebody else's with what it lacks: letters, who knows the mailboxes, antispam and stores stand in a directory of our own, whose domains and
 * mailboxes count only where the database has them too.
 */
export function overlaySource(source: Source, overlay: Overlay): Source {
  return {
    hasDomains: () => source.hasDomains(),
    listStores: (limit) => overlay.listStores(limit),
    findDomains: async (names) => {
      const found = await source.findDomains(names);
      if (found.size === 0) return found;
      const ours = await overlay.findDomains([...found.keys()]);
      return new Map([...found].map(([name, domain]) => [name, overlayDomain(domain, ours.get(name))]));
    },
    findEntries: async (addresses) => {
      const found = await source.findEntries(addresses);
      const mailboxes = [...found.values()].flatMap((entry) => mailboxOf(entry)?.address ?? []);
      if (mailboxes.length === 0) return found;
      const ours = await overlay.findEntries(mailboxes);
      return new Map([...found].map(([address, entry]) => [address, overlayEntry(entry, ours.get(address))]));
    },
  };
}

/** The same of rows. */
export function overlayRows(rows: Rows, ours: Rows): Rows {
  return {
    ...rows,
    findDomain: async (name) => {
      const domain = await rows.findDomain(name);
      return domain && overlayDomain(domain, await ours.findDomain(name));
    },
    findEntry: async (address) => {
      const entry = await rows.findEntry(address);
      return entry && (mailboxOf(entry) === undefined ? entry : overlayEntry(entry, await ours.findEntry(address)));
    },
  };
}

function overlayDomain(domain: Domain, ours: Domain | undefined): Domain {
  if (ours === undefined) return domain;
  const { letter, previous, earlier, mailboxes } = ours;
  return {
    ...domain,
    letter,
    ...(previous === undefined ? {} : { previous }),
    ...(earlier === undefined ? {} : { earlier }),
    ...(mailboxes === undefined ? {} : { mailboxes }),
  };
}

function mailboxOf(entry: Entry): Mailbox | undefined {
  return entry.kind === 'mailbox' ? entry.mailbox : entry.own;
}

function overlayEntry(entry: Entry, ours: Entry | undefined): Entry {
  const mailbox = mailboxOf(entry);
  if (mailbox === undefined || ours?.kind !== 'mailbox') return entry;
  const { antispam, store } = ours.mailbox;
  const overlaid: Mailbox = { ...mailbox, antispam, ...(store === undefined ? {} : { store }) };
  return entry.kind === 'mailbox' ? { ...entry, mailbox: overlaid } : { ...entry, own: overlaid };
}

/** Writes what the database lacks about a domain of it. */
async function writeDomain(ours: RegisterRows, of: Domain): Promise<void> {
  const { aliasOf: _aliasOf, ...domain } = of;
  if ((await ours.findDomain(domain.name)) === undefined) await ours.insertDomain(domain);
  else await ours.updateDomain(domain);
}

/** Writes what the database lacks about a mailbox of it; `domain` is the one that it lies in. */
async function writeMailbox(ours: RegisterRows, domain: Domain, mailbox: Mailbox): Promise<void> {
  const { address, antispam, store } = mailbox;
  const settings: Mailbox = { address, usedBytes: 0, antispam, enabled: true, ...(store === undefined ? {} : { store }) };
  if ((await ours.findDomain(splitAddress(address).domain)) === undefined) await writeDomain(ours, domain);
  if ((await ours.findEntry(address)) === undefined) await ours.insertMailbox(settings);
  else await ours.updateSettings(settings);
}
