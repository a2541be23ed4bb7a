import type { DomainName } from '@vratny/smtp';
import { type Kysely, sql } from 'kysely';
import type { Domain, Mailbox } from '../port.ts';
import type { Alias } from '../register.ts';
import { splitAddress } from '../reserved.ts';
import type { RegisterRows, Rows } from '../store.ts';
import { readAcceptedLetter, readDomainRow, readMailboxRow } from './read-row.ts';
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
      const rows = await db.selectFrom('domains').selectAll().where('name', '>', after).orderBy('name').limit(limit).execute();
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

function acceptedLetters(db: Kysely<Tables>): Pick<RegisterRows, 'acceptLetter' | 'listAcceptedLetters'> {
  return {
    acceptLetter: async (domain, letter, since) => {
      await db
        .insertInto('accepted_letters')
        .values({ domain, letter, since: since.getTime(), seen_left: null })
        // One that the world has left is accepted anew; one that it has not goes on.
        .onConflict((conflict) =>
          conflict
            .columns(['domain', 'letter'])
            .doUpdateSet({ since: since.getTime(), seen_left: null })
            .where('accepted_letters.seen_left', 'is not', null),
        )
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
