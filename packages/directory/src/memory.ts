import type { DomainName } from '@vratny/smtp';
import { createDirectory, type LookupSettings, type Lookups } from './create-directory.ts';
import { createRegister } from './create-register.ts';
import { type Directory, DirectoryFault, type Domain, type EarlierLetter, type Mailbox } from './port.ts';
import type { AcceptedLetter, Alias, AuditEntry, Register } from './register.ts';
import type { RegisterRows, Store } from './store.ts';

/** A directory that lives as long as the process: for tests and trials. `close` ends both halves. */
export function createMemoryDirectory(options: LookupSettings & { readonly now: () => Date }): Directory & Register {
  const { now, ...settings } = options;
  const rows = createMemoryStore();
  return {
    ...createDirectory({ ...rows, ...settings, isReplaced: () => false }),
    ...createRegister(rows, now, { mailboxes: settings.store?.mailboxes, forwards: settings.forwarding !== undefined }),
  };
}

/** Rows in maps. Changes run one after the other, each on a copy that counts once it is done. */
function createMemoryStore(): Store & Pick<Lookups, 'read'> {
  let tables: MemoryTables = { domains: new Map(), mailboxes: new Map(), aliases: new Map(), audit: [], accepted: new Map() };
  let rows = createMemoryRows(tables);
  let open = true;
  let last: Promise<unknown> = Promise.resolve();
  const checkOpen = (): void => {
    if (!open) throw new DirectoryFault('the directory is closed');
  };
  function read<T>(work: (rows: RegisterRows) => Promise<T>): Promise<T>;
  function read<T>(work: (rows: RegisterRows) => T | Promise<T>): T | Promise<T>;
  function read<T>(work: (rows: RegisterRows) => T | Promise<T>): T | Promise<T> {
    try {
      checkOpen();
      return work(rows);
    } catch (error) {
      return Promise.reject(error);
    }
  }
  return {
    read,
    change: async (work) => {
      checkOpen();
      const mine = last.then(async () => {
        const { domains, mailboxes, aliases, audit, accepted } = tables;
        const copy = {
          ...{ domains: new Map(domains), mailboxes: new Map(mailboxes), aliases: new Map(aliases) },
          ...{ audit: [...audit], accepted: new Map(accepted) },
        };
        const result = await work(createMemoryRows(copy));
        tables = copy;
        rows = createMemoryRows(tables);
        return result;
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    close: async () => {
      open = false;
      await last;
    },
  };
}

/** Everything in maps, by name. */
interface MemoryTables {
  readonly domains: Map<DomainName, Domain>;
  readonly mailboxes: Map<string, Mailbox>;
  readonly aliases: Map<string, Alias>;
  readonly audit: AuditEntry[];
  readonly accepted: Map<DomainName, readonly AcceptedLetter[]>;
}

/** Rows of such tables. */
function createMemoryRows({ domains, mailboxes, aliases, audit, accepted }: MemoryTables): RegisterRows {
  const change = (address: string, how: (mailbox: Mailbox) => Mailbox): void => {
    const mailbox = mailboxes.get(address);
    if (mailbox !== undefined) mailboxes.set(address, how(mailbox));
  };
  const withEarlier = <T extends Domain | undefined>(domain: T): T => {
    if (domain === undefined) return domain;
    const earlier = (accepted.get(domain.name) ?? []).filter(({ letter }) => letter !== domain.letter).map(toEarlier);
    return earlier.length === 0 ? domain : { ...domain, earlier };
  };
  const putDomain = (written: Domain): void => {
    const { earlier: _, ...domain } = written;
    domains.set(domain.name, domain);
  };
  return {
    findDomain: (name) => withEarlier(domains.get(name)),
    hasDomains: () => domains.size > 0,
    findEntry: (address) => {
      const mailbox = mailboxes.get(address);
      if (mailbox !== undefined) return { kind: 'mailbox', mailbox };
      const alias = aliases.get(address);
      return alias && { kind: 'alias', targets: alias.targets };
    },
    listDomains: async (limit, after = '') => page(sorted(domains), ({ name }) => name > after, limit).map(withEarlier),
    listMailboxes: async (domain, limit, after = '') => page(ofDomain(mailboxes, domain), ({ address }) => address > after, limit),
    listAliases: async (domain, limit, after = '') => page(ofDomain(aliases, domain), ({ address }) => address > after, limit),
    listStores: async (limit) =>
      [...new Set([...mailboxes.values()].flatMap(({ store }) => (store === undefined ? [] : [store])))].sort().slice(0, limit),
    listAudit: async (limit) => audit.toReversed().slice(0, limit),
    insertDomain: async (domain) => putDomain(domain),
    updateDomain: async (domain) => putDomain(domain),
    insertMailbox: async (mailbox) => void mailboxes.set(mailbox.address, mailbox),
    updateSettings: async (mailbox) => change(mailbox.address, ({ usedBytes }) => ({ ...mailbox, usedBytes })),
    insertAlias: async (alias) => void aliases.set(alias.address, alias),
    deleteDomain: async (name) => void (domains.delete(name) && accepted.delete(name)),
    deleteMailbox: async (address) => void mailboxes.delete(address),
    deleteAlias: async (address) => void aliases.delete(address),
    insertAudit: async (entry) => void audit.push(entry),
    acceptLetter: async (domain, letter, since) => {
      const all = accepted.get(domain) ?? [];
      const present = all.find((one) => one.letter === letter);
      const begun = { letter, since: present === undefined || present.seenLeft !== undefined ? since : present.since };
      accepted.set(domain, byAge([...all.filter((one) => one !== present), begun]));
    },
    updateAcceptedLetter: async (domain, changed) => {
      const all = accepted.get(domain) ?? [];
      accepted.set(
        domain,
        all.map((one) => (one.letter === changed.letter ? { ...changed, since: one.since } : one)),
      );
    },
    listAcceptedLetters: async (domain) => accepted.get(domain) ?? [],
    addUsage: async (address, bytes) =>
      change(address, (mailbox) => ({ ...mailbox, usedBytes: Math.min(mailbox.usedBytes + bytes, Number.MAX_SAFE_INTEGER) })),
    setUsage: async (address, bytes) => change(address, (mailbox) => ({ ...mailbox, usedBytes: bytes })),
  };
}

function toEarlier({ letter, since, seenLeft }: AcceptedLetter): EarlierLetter {
  return { letter, since, ...(seenLeft === undefined ? {} : { seenLeft }) };
}

function byAge(letters: readonly AcceptedLetter[]): readonly AcceptedLetter[] {
  return letters.toSorted((one, other) => one.since.getTime() - other.since.getTime() || (one.letter < other.letter ? -1 : 1));
}

// By code unit, as a database compares ASCII text.
function sorted<T>(rows: ReadonlyMap<string, T>): T[] {
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

function ofDomain<T extends { readonly address: string }>(rows: ReadonlyMap<string, T>, domain: DomainName): T[] {
  return sorted(rows).filter((row) => row.address.endsWith(`@${domain}`));
}

function page<T>(rows: readonly T[], isAfter: (row: T) => boolean, limit: number): readonly T[] {
  return rows.filter(isAfter).slice(0, limit);
}
