import type { Kysely } from 'kysely';
import type { Rows } from '../store.ts';
import { readDomainRow, readMailboxRow } from './read-row.ts';
import type { Tables } from './tables.ts';

/** The look-ups of a register, inside its transactions; those of mail have statements of their own. */
export function createLookups(db: Kysely<Tables>): Rows {
  return {
    listStores: async (limit) => {
      const stores = db.selectFrom('mailboxes').select('store').distinct().where('store', 'is not', null).orderBy('store').limit(limit);
      return (await stores.execute()).flatMap(({ store }) => store ?? []);
    },
    findDomain: async (name) => {
      const row = await db.selectFrom('domains').selectAll().where('name', '=', name).executeTakeFirst();
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
