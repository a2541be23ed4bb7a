import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { RegisterRows, Store } from '../store.ts';
import { createRows } from '../tables/rows.ts';
import type { Tables } from '../tables/tables.ts';
import { createDialect } from './dialect.ts';
import { prepareLookups } from './lookups.ts';

/**
 * Rows and transactions over a database opened for writing. Reads and changes both borrow the one connection, so a read never sees
 * half of a change.
 */
export function createSqliteStore(db: DatabaseSync): Store {
  const kysely = new Kysely<Tables>({ dialect: createDialect(db) });
  const lookups = prepareLookups(db, kysely);
  const rowsOn = (connection: Kysely<Tables>): RegisterRows => createRows(connection, lookups, { least: 'min' });
  return {
    read: (work) => kysely.connection().execute((connection) => work(rowsOn(connection))),
    change: (work) => kysely.transaction().execute((transaction) => work(rowsOn(transaction))),
    close: async () => {
      if (!db.isOpen) return;
      await kysely.destroy();
      // Kysely closes only what it has used.
      if (db.isOpen) db.close();
    },
  };
}
