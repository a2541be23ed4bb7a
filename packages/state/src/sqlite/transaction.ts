import type { DatabaseSync } from 'node:sqlite';

/** Runs work under the write lock, which is taken at once: one that reads first could find the lock gone when it comes to write. */
export type Transaction = <T>(work: () => T) => T;

/** Prepares transactions on a database. */
export function prepareTransaction(db: DatabaseSync): Transaction {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  return (work) => {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (db.isTransaction) rollback.run();
      throw error;
    }
  };
}
