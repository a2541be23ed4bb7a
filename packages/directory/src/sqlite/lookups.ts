import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import type { Rows } from '../store.ts';
import { EARLIER_LETTERS } from '../tables/earlier-letters.ts';
import { readDomainRow, readMailboxRow, readText } from '../tables/rows.ts';
import type { Tables } from '../tables/tables.ts';

/** The look-ups of the hot path: kysely checks their text once, SQLite prepares them once. */
export function prepareLookups(db: DatabaseSync, kysely: Kysely<Tables>): Rows {
  const prepare = (query: { compile(): { readonly sql: string } }): StatementSync => db.prepare(query.compile().sql);
  const domains = prepare(
    kysely
      .selectFrom('domains')
      .select(['name', 'letter', 'previous_letter', 'grace_until', 'alias_of', 'mailboxes'])
      .select(sql<string | null>`${sql.raw(EARLIER_LETTERS)}`.as('earlier'))
      .where('name', '=', ''),
  );
  const anyDomain = prepare(kysely.selectFrom('domains').select('name').limit(1));
  const mailboxes = prepare(
    kysely
      .selectFrom('mailboxes')
      .select(['address', 'quota_bytes', 'used_bytes', 'store', 'antispam', 'enabled'])
      .where('address', '=', ''),
  );
  const aliases = prepare(kysely.selectFrom('aliases').select('target').where('address', '=', '').orderBy('position'));
  const stores = prepare(
    kysely.selectFrom('mailboxes').select('store').distinct().where('store', 'is not', null).orderBy('store').limit(1),
  );
  return {
    listStores: async (limit) => stores.all(limit).map((row) => readText(row, 'store')),
    findDomain: (name) => {
      const row = domains.get(name);
      return row && readDomainRow(row);
    },
    hasDomains: () => anyDomain.get(1) !== undefined,
    findEntry: (address) => {
      const row = mailboxes.get(address);
      if (row !== undefined) return { kind: 'mailbox', mailbox: readMailboxRow(row) };
      const targets = aliases.all(address);
      return targets.length === 0 ? undefined : { kind: 'alias', targets: targets.map((target) => readText(target, 'target')) };
    },
  };
}
