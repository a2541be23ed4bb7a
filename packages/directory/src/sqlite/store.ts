import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { RegisterRows, Store } from '../store.ts';
import { createDialect } from './dialect.ts';
import { prepareLookups } from './lookups.ts';
import { createSqliteRows } from './rows.ts';
import type { Tables } from './tables.ts';

/**
 * Rows and transactions over a database opened for writing. Reads and changes both borrow the one connection, so a read never sees
 * half of a change.
 */
export function createSqliteStore(db: DatabaseSync): Store {
  const kysely = new Kysely<Tables>({ dialect: createDialect(db) });
  const lookups = prepareLookups(db, kysely);
  const rowsOn = (connection: Kysely<Tables>): RegisterRows => createSqliteRows(connection, lookups);
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
