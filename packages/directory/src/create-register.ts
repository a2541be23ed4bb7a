import { addressKey, type DomainName, localKey, normaliseDomain, parseAddress } from '@vratny/smtp';
import { noteSights } from './changes/accepted-letters.ts';
import { addAlias } from './changes/aliases.ts';
import { type Change, needDomain } from './changes/change.ts';
import { addDomain, setMailboxes, setPolicy } from './changes/domains.ts';
import { addMailbox, setAntispam, setEnabled, setQuota, setStore } from './changes/mailboxes.ts';
import { putRecord, removeRecord } from './changes/records.ts';
import { splitAddress } from './find-destination.ts';
import { ACTOR_MAX, ALIAS_TARGETS_MAX, AUDIT_LIST_MAX, LIST_MAX, LOCAL_PART_MAX } from './limits.ts';
import type { MailboxesAt } from './port.ts';
import { type Actor, type AuditEntry, type DirectoryRecord, RecordRefusal, type Register, RegisterRefusal } from './register.ts';
import { listAll, type RegisterRows, type Store } from './store.ts';

/** What a register must know of its site. */
interface RegisterSettings {
  /** Who knows the mailboxes of domains that do not say; the directory unless given. */
  readonly mailboxes?: MailboxesAt | undefined;
  /** Whether aliases may lead outside. */
  readonly forwards?: boolean | undefined;
}

/** The register over any store: what is asked is read and checked here, once for every kind of database. */
export function createRegister(store: Store, now: () => Date, settings: RegisterSettings = {}): Register {
  const { mailboxes = 'directory', forwards = false } = settings;
  const site = { mailboxes, forwards };
  const change: ChangeBy = (actor, work) => store.change((rows) => work({ ...begin(rows, actor, now), ...site }));
  return {
    ...listings(store),
    ...domainWrites(change),
    addMailbox: async (written, settings, actor) => {
      const address = readAddress(written);
      return change(actor, (under) => addMailbox(under, address, settings));
    },
    setQuota: async (written, quotaBytes, actor) => {
      const address = readAddress(written);
      return change(actor, (under) => setQuota(under, address, quotaBytes));
    },
    setEnabled: async (written, enabled, actor) => {
      const address = readAddress(written);
      return change(actor, (under) => setEnabled(under, address, enabled));
    },
    setAntispam: async (written, antispam, actor) => {
      const address = readAddress(written);
      return change(actor, (under) => setAntispam(under, address, antispam));
    },
    setStore: async (written, store, actor) => {
      const address = readAddress(written);
      return change(actor, (under) => setStore(under, address, store));
    },
    addAlias: async (written, writtenTargets, actor) => {
      const address = readAliasAddress(written);
      const targets = readTargets(address, writtenTargets);
      return change(actor, (under) => addAlias(under, address, targets));
    },
    ...recordWrites(store, now, site),
    addUsage: async (address, bytes) => store.change((rows) => rows.addUsage(keyOf(address), checkOctets(bytes))),
    setUsage: async (address, bytes) => store.change((rows) => rows.setUsage(keyOf(address), checkOctets(bytes))),
    writeUsage: async (changes) =>
      store.change(async (rows) => {
        for (const { address, countedBytes, addedBytes } of changes) {
          if (countedBytes !== undefined) await rows.setUsage(keyOf(address), checkOctets(countedBytes));
          if (addedBytes > 0) await rows.addUsage(keyOf(address), checkOctets(addedBytes));
        }
      }),
    close: () => store.close(),
  };
}

/** One change by somebody, in a transaction of its own. */
type ChangeBy = <T>(actor: Actor, work: (change: Change) => Promise<T>) => Promise<T>;

function domainWrites(change: ChangeBy): Pick<Register, 'addDomain' | 'setMailboxes' | 'setPolicy' | 'noteSights'> {
  return {
    addDomain: async (written, letter, actor, { aliasOf, ...settings } = {}) => {
      const domain = { name: readDomain(written), letter, ...settings, ...(aliasOf === undefined ? {} : { aliasOf: readDomain(aliasOf) }) };
      return change(actor, (under) => addDomain(under, domain));
    },
    setMailboxes: async (written, mailboxes, actor) => {
      const name = readDomain(written);
      return change(actor, (under) => setMailboxes(under, name, mailboxes));
    },
    setPolicy: async (written, letter, graceUntil, actor) => {
      const name = readDomain(written);
      return change(actor, (under) => setPolicy(under, name, letter, graceUntil));
    },
    noteSights: async (written, sights, at, actor) => {
      const name = readDomain(written);
      return change(actor, (under) => noteSights(under, name, sights, at));
    },
  };
}

/** Ends a transaction that is not meant. */
class DryRun extends RegisterRefusal {}

function recordWrites(
  store: Store,
  now: () => Date,
  site: Pick<Change, 'mailboxes' | 'forwards'>,
): Pick<Register, 'putRecords' | 'removeRecords' | 'setPolicies'> {
  const each = async <T>(items: readonly T[], actor: Actor, dryRun: boolean, put: (change: Change, item: T) => Promise<void>) => {
    let changes: AuditEntry[] = [];
    const work = async (rows: RegisterRows): Promise<void> => {
      changes = [];
      const noted: RegisterRows = {
        ...rows,
        insertAudit: async (entry) => {
          changes.push(entry);
          await rows.insertAudit(entry);
        },
      };
      const change = { ...begin(noted, actor, now), ...site };
      for (const [index, item] of items.entries()) await atIndex(index, () => put(change, item));
      if (dryRun) throw new DryRun('nothing was changed');
    };
    try {
      await store.change(work);
    } catch (error) {
      if (!(error instanceof DryRun)) throw error;
    }
    return changes;
  };
  return {
    putRecords: (records, actor, { graceUntil, dryRun = false }) =>
      each(records, actor, dryRun, async (change, record) => putRecord(change, readRecord(record), graceUntil)),
    removeRecords: (names, actor, { dryRun = false }) => each(names, actor, dryRun, removeRecord),
    setPolicies: (names, letter, graceUntil, actor) =>
      each(names, actor, false, async (change, written) => void (await setPolicy(change, readDomain(written), letter, graceUntil))),
  };
}

async function atIndex(index: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof RegisterRefusal ? new RecordRefusal(error.message, index, { cause: error }) : error;
  }
}

function readRecord(record: DirectoryRecord): DirectoryRecord {
  switch (record.kind) {
    case 'domain':
      return { ...record, name: readDomain(record.name), ...(record.aliasOf === undefined ? {} : { aliasOf: readDomain(record.aliasOf) }) };
    case 'mailbox':
      return { ...record, address: readAddress(record.address) };
    case 'alias': {
      const address = readAliasAddress(record.address);
      return { ...record, address, targets: readTargets(address, record.targets) };
    }
  }
}

function keyOf(address: string): string {
  const { local, domain } = splitAddress(address);
  return `${localKey(local)}@${domain.toLowerCase()}`;
}

function readTargets(alias: string, written: readonly string[]): readonly string[] {
  if (written.length === 0) throw new RegisterRefusal(`the alias ${alias} needs at least one target`);
  if (written.length <= ALIAS_TARGETS_MAX) return written.map(readAddress);
  throw new RegisterRefusal(`the alias ${alias} has ${written.length} targets, more than ${ALIAS_TARGETS_MAX}`);
}

type Listings =
  | 'listDomains'
  | 'needDomain'
  | 'listMailboxes'
  | 'listAliases'
  | 'listStores'
  | 'listAudit'
  | 'listAcceptedLetters'
  | 'pageDomains'
  | 'pageMailboxes'
  | 'pageAliases';

function listings(store: Store): Pick<Register, Listings> {
  const pageOf = async <T>(written: string, list: (rows: RegisterRows, domain: string) => Promise<readonly T[]>) => {
    const name = readDomain(written);
    return store.read(async (rows) => {
      await needDomain(rows, name);
      return list(rows, name);
    });
  };
  const listOf = async <T>(written: string, list: (rows: RegisterRows, domain: string, limit: number) => Promise<readonly T[]>) => {
    const name = readDomain(written);
    return store.read(async (rows) => {
      await needDomain(rows, name);
      return listAll((limit) => list(rows, name, limit));
    });
  };
  return {
    pageDomains: ({ limit, after }) => store.read((rows) => rows.listDomains(bound(limit), after)),
    pageMailboxes: (domain, { limit, after }) => pageOf(domain, (rows, name) => rows.listMailboxes(name, bound(limit), after)),
    pageAliases: (domain, { limit, after }) => pageOf(domain, (rows, name) => rows.listAliases(name, bound(limit), after)),
    listAcceptedLetters: (domain) => pageOf(domain, (rows, name) => rows.listAcceptedLetters(name)),
    needDomain: async (written) => {
      const name = readDomain(written);
      return store.read((rows) => needDomain(rows, name));
    },
    listDomains: () => store.read((rows) => listAll((limit) => rows.listDomains(limit))),
    listMailboxes: (domain) => listOf(domain, (rows, name, limit) => rows.listMailboxes(name, limit)),
    listAliases: (domain) => listOf(domain, (rows, name, limit) => rows.listAliases(name, limit)),
    listStores: () => store.read((rows) => listAll((limit) => rows.listStores(limit))),
    listAudit: (limit) => store.read((rows) => rows.listAudit(Math.max(0, Math.min(Math.floor(limit) || 0, AUDIT_LIST_MAX)))),
  };
}

function begin(rows: RegisterRows, actor: Actor, now: () => Date): Omit<Change, 'mailboxes' | 'forwards'> {
  return {
    rows,
    now: now(),
    record: (action, subject, detail) => rows.insertAudit({ at: now(), actor: actor.slice(0, ACTOR_MAX), action, subject, detail }),
  };
}

function checkOctets(bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new RegisterRefusal(`octets are counted in whole numbers, not ${bytes}`);
}

function bound(limit: number): number {
  return Math.max(1, Math.min(Math.floor(limit) || 1, LIST_MAX));
}

/** What a person typed, short enough for one line of a message. */
function quote(written: string): string {
  return `"${written.replaceAll(/\p{C}/gu, '?').slice(0, 100)}"`;
}

/** A domain as somebody wrote it, normalised. @throws RegisterRefusal */
function readDomain(written: string): DomainName {
  const name = normaliseDomain(written);
  if (name === undefined) throw new RegisterRefusal(`${quote(written)} is not a domain name; expected something like example.com`);
  return name;
}

/** A mailbox or alias address as somebody wrote it, in the form of `addressKey`. @throws RegisterRefusal */
function readAddress(written: string): string {
  const address = parseAddress(written, { utf8: true });
  if (address === 'too-long') throw new RegisterRefusal(`${quote(written)} is too long for an address`);
  if (typeof address === 'string')
    throw new RegisterRefusal(`${quote(written)} is not an address; expected something like alice@example.com`);
  if (address.literal !== undefined) throw new RegisterRefusal(`${quote(written)} is at an IP address; expected a domain name after the @`);
  const key = addressKey(address);
  if (Buffer.byteLength(key.slice(0, key.lastIndexOf('@'))) > LOCAL_PART_MAX)
    throw new RegisterRefusal(`${quote(written)} is too long for an address`);
  // So that every stored address reads back as itself: names that need quotes are let through by SMTP, but nobody can type them.
  if (key !== addressKeyOf(key)) throw new RegisterRefusal(`${quote(written)}: the part before the @ must do without quotes`);
  return key;
}

function addressKeyOf(key: string): string | undefined {
  const address = parseAddress(key, { utf8: true });
  return typeof address === 'string' ? undefined : addressKey(address);
}

/** An address, or `@domain` for the domain's catch-all. @throws RegisterRefusal */
function readAliasAddress(written: string): string {
  return written.startsWith('@') ? `@${readDomain(written.slice(1))}` : readAddress(written);
}
