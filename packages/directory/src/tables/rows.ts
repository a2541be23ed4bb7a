import { isLetter, type Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import { type Kysely, sql } from 'kysely';
import { splitAddress } from '../find-destination.ts';
import { DirectoryFault, type Domain, type Mailbox, type MailboxesAt } from '../port.ts';
import type { AcceptedLetter, Alias } from '../register.ts';
import type { RegisterRows, Rows } from '../store.ts';
import { EARLIER_LETTERS, readEarlierLetters } from './earlier-letters.ts';
import type { Tables } from './tables.ts';

/** What the two databases of ours write differently. */
interface Dialect {
  /** The function that takes the smaller of two values. */
  readonly least: 'min' | 'least';
}

/** The register's reads and writes, on the database or inside a transaction of it. */
export function createRows(db: Kysely<Tables>, lookups: Rows, dialect: Dialect): RegisterRows {
  return { ...lookups, ...listings(db), ...domainWrites(db), ...mailboxWrites(db, dialect), ...otherWrites(db), ...acceptedLetters(db) };
}

function listings(db: Kysely<Tables>): Pick<RegisterRows, 'listDomains' | 'listMailboxes' | 'listAliases' | 'listAudit'> {
  return {
    listDomains: async (limit, after = '') => {
      const rows = await selectDomains(db).where('name', '>', after).orderBy('name').limit(limit).execute();
      return rows.map((row) => readDomainRow({ ...row }));
    },
    listMailboxes: async (domain, limit, after = '') => {
      const ofDomain = db.selectFrom('mailboxes').selectAll().where('domain', '=', domain).where('address', '>', after);
      const rows = await ofDomain.orderBy('address').limit(limit).execute();
      return rows.map((row) => readMailboxRow({ ...row }));
    },
    listAliases: (domain, limit, after = '') => listAliases(db, domain, { limit, after }),
    listAudit: async (limit) => {
      const rows = await db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit).execute();
      return rows.map(({ at, actor, action, subject, detail }) => ({ at: new Date(at), actor, action, subject, detail }));
    },
  };
}

function selectDomains(db: Kysely<Tables>) {
  return db
    .selectFrom('domains')
    .selectAll()
    .select(sql<string | null>`${sql.raw(EARLIER_LETTERS)}`.as('earlier'));
}

async function listAliases(
  db: Kysely<Tables>,
  domain: DomainName,
  { limit, after }: { readonly limit: number; readonly after: string },
): Promise<readonly Alias[]> {
  const ofDomain = db.selectFrom('aliases').select('address').distinct().where('domain', '=', domain).where('address', '>', after);
  const named = ofDomain.orderBy('address').limit(limit);
  const rows = await db
    .selectFrom('aliases')
    .select(['address', 'target'])
    .where('address', 'in', named)
    .orderBy('address')
    .orderBy('position')
    .execute();
  const targetsOf = Map.groupBy(rows, (row) => row.address);
  return [...targetsOf].map(([address, targets]) => ({ address, targets: targets.map((row) => row.target) }));
}

function domainWrites(db: Kysely<Tables>): Pick<RegisterRows, 'insertDomain' | 'updateDomain'> {
  return {
    insertDomain: async (domain) => {
      await db
        .insertInto('domains')
        .values({ name: domain.name, ...domainColumns(domain) })
        .execute();
    },
    updateDomain: async (domain) => {
      await db.updateTable('domains').set(domainColumns(domain)).where('name', '=', domain.name).execute();
    },
  };
}

function domainColumns({ letter, previous, aliasOf, mailboxes }: Domain): Omit<Tables['domains'], 'name'> {
  return {
    letter,
    previous_letter: previous?.letter ?? null,
    grace_until: previous?.graceUntil.getTime() ?? null,
    alias_of: aliasOf ?? null,
    mailboxes: mailboxes ?? null,
  };
}

function mailboxWrites(
  db: Kysely<Tables>,
  { least }: Dialect,
): Pick<RegisterRows, 'insertMailbox' | 'updateSettings' | 'addUsage' | 'setUsage'> {
  return {
    insertMailbox: async (mailbox) => {
      const { address, usedBytes } = mailbox;
      const row = { address, ...splitAddress(address), used_bytes: usedBytes, ...settingsColumns(mailbox) };
      await db.insertInto('mailboxes').values(row).execute();
    },
    updateSettings: async (mailbox) => {
      await db.updateTable('mailboxes').set(settingsColumns(mailbox)).where('address', '=', mailbox.address).execute();
    },
    addUsage: async (address, bytes) => {
      // Beyond this a number is no longer exact; the database would go on, JavaScript could not read it.
      const sum = sql<number>`${sql.raw(least)}(used_bytes + ${bytes}, ${Number.MAX_SAFE_INTEGER})`;
      await db.updateTable('mailboxes').set({ used_bytes: sum }).where('address', '=', address).execute();
    },
    setUsage: async (address, bytes) => {
      await db.updateTable('mailboxes').set({ used_bytes: bytes }).where('address', '=', address).execute();
    },
  };
}

function settingsColumns(mailbox: Mailbox): Pick<Tables['mailboxes'], 'quota_bytes' | 'store' | 'antispam' | 'enabled'> {
  const { quotaBytes, store, antispam, enabled } = mailbox;
  return { quota_bytes: quotaBytes ?? null, store: store ?? null, antispam: Number(antispam), enabled: Number(enabled) };
}

function acceptedLetters(db: Kysely<Tables>): Pick<RegisterRows, 'acceptLetter' | 'updateAcceptedLetter' | 'listAcceptedLetters'> {
  const unseen = { seen_left: null, omitted_since: null, old_ttl_seconds: null };
  return {
    acceptLetter: async (domain, letter, since) => {
      await db
        .insertInto('accepted_letters')
        .values({ domain, letter, since: since.getTime(), ...unseen })
        .onConflict((conflict) =>
          conflict.columns(['domain', 'letter']).doUpdateSet({
            // One that the world has left is accepted anew; one that it has not goes on.
            since: sql<number>`CASE WHEN accepted_letters.seen_left IS NULL THEN accepted_letters.since ELSE ${since.getTime()} END`,
            ...unseen,
          }),
        )
        .execute();
    },
    updateAcceptedLetter: async (domain, { letter, seenLeft, omittedSince, oldTtlSeconds }) => {
      await db
        .updateTable('accepted_letters')
        .set({
          seen_left: seenLeft?.getTime() ?? null,
          omitted_since: omittedSince?.getTime() ?? null,
          old_ttl_seconds: oldTtlSeconds ?? null,
        })
        .where('domain', '=', domain)
        .where('letter', '=', letter)
        .execute();
    },
    listAcceptedLetters: async (domain) => {
      const rows = await db
        .selectFrom('accepted_letters')
        .selectAll()
        .where('domain', '=', domain)
        .orderBy('since')
        .orderBy('letter')
        .execute();
      return rows.map(readAcceptedLetter);
    },
  };
}

function otherWrites(
  db: Kysely<Tables>,
): Pick<RegisterRows, 'insertAlias' | 'insertAudit' | 'deleteDomain' | 'deleteMailbox' | 'deleteAlias'> {
  return {
    deleteDomain: async (name) => {
      await db.deleteFrom('accepted_letters').where('domain', '=', name).execute();
      await db.deleteFrom('domains').where('name', '=', name).execute();
    },
    deleteMailbox: async (address) => void (await db.deleteFrom('mailboxes').where('address', '=', address).execute()),
    deleteAlias: async (address) => void (await db.deleteFrom('aliases').where('address', '=', address).execute()),
    insertAlias: async ({ address, targets }) => {
      const { domain } = splitAddress(address);
      await db
        .insertInto('aliases')
        .values(targets.map((target, position) => ({ address, domain, position, target })))
        .execute();
    },
    insertAudit: async (entry) => {
      await db
        .insertInto('audit')
        .values({ ...entry, at: entry.at.getTime() })
        .execute();
    },
  };
}

/** The look-ups of a register, inside its transactions; those of mail have statements of their own. */
export function createLookups(db: Kysely<Tables>): Rows {
  return {
    listStores: async (limit) => {
      const stores = db.selectFrom('mailboxes').select('store').distinct().where('store', 'is not', null).orderBy('store').limit(limit);
      return (await stores.execute()).flatMap(({ store }) => store ?? []);
    },
    findDomain: async (name) => {
      const row = await selectDomains(db).where('name', '=', name).executeTakeFirst();
      return row && readDomainRow({ ...row });
    },
    hasDomains: async () => (await db.selectFrom('domains').select('name').limit(1).executeTakeFirst()) !== undefined,
    findEntry: async (address) => {
      const row = await db.selectFrom('mailboxes').selectAll().where('address', '=', address).executeTakeFirst();
      if (row !== undefined) return { kind: 'mailbox', mailbox: readMailboxRow({ ...row }) };
      const targets = await db.selectFrom('aliases').select('target').where('address', '=', address).orderBy('position').execute();
      return targets.length === 0 ? undefined : { kind: 'alias', targets: targets.map(({ target }) => target) };
    },
  };
}

/** A row as SQLite gives it: any column could be anything. */
type Row = Readonly<Record<string, unknown>>;

/** A row of `domains`. @throws DirectoryFault when a column holds nonsense */
export function readDomainRow(row: Row): Domain {
  const previous =
    row['previous_letter'] === null
      ? {}
      : { previous: { letter: readLetter(row, 'previous_letter'), graceUntil: new Date(readNumber(row, 'grace_until')) } };
  return {
    name: readText(row, 'name'),
    letter: readLetter(row, 'letter'),
    ...previous,
    ...(row['earlier'] === null ? {} : { earlier: readEarlierLetters(readText(row, 'earlier')) }),
    ...(row['alias_of'] === null ? {} : { aliasOf: readText(row, 'alias_of') }),
    ...(row['mailboxes'] === null ? {} : { mailboxes: readMailboxesAt(row) }),
  };
}

/** A row of `mailboxes`. @throws DirectoryFault when a column holds nonsense */
export function readMailboxRow(row: Row): Mailbox {
  return {
    address: readText(row, 'address'),
    ...(row['quota_bytes'] === null ? {} : { quotaBytes: readNumber(row, 'quota_bytes') }),
    usedBytes: readNumber(row, 'used_bytes'),
    ...(row['store'] === null ? {} : { store: readText(row, 'store') }),
    antispam: readNumber(row, 'antispam') === 1,
    enabled: readNumber(row, 'enabled') === 1,
  };
}

/** A row of `accepted_letters`. @throws DirectoryFault when a column holds nonsense */
function readAcceptedLetter(row: Omit<Tables['accepted_letters'], 'domain'>): AcceptedLetter {
  const { since, seen_left, omitted_since, old_ttl_seconds } = row;
  return {
    letter: readLetter({ ...row }, 'letter'),
    since: new Date(since),
    ...(seen_left === null ? {} : { seenLeft: new Date(seen_left) }),
    ...(omitted_since === null ? {} : { omittedSince: new Date(omitted_since) }),
    ...(old_ttl_seconds === null ? {} : { oldTtlSeconds: old_ttl_seconds }),
  };
}

/** A column of text. @throws DirectoryFault */
export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : fail(column, value);
}

function readNumber(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : fail(column, value);
}

function readLetter(row: Row, column: string): Letter {
  const value = readText(row, column);
  return isLetter(value) ? value : fail(column, value);
}

function readMailboxesAt(row: Row): MailboxesAt {
  const value = readText(row, 'mailboxes');
  return value === 'store' || value === 'directory' ? value : fail('mailboxes', value);
}

function fail(column: string, value: unknown): never {
  throw new DirectoryFault(`column ${column} holds ${String(value).slice(0, 100)}`);
}
