import type { DatabaseSync } from 'node:sqlite';
import { followDatabase } from '@vratny/files';
import { Kysely } from 'kysely';
import { createShrinking, type Shrinking } from '../shrinking.ts';
import type { Rows } from '../store.ts';
import type { Tables } from '../tables/tables.ts';
import { createDialect } from './dialect.ts';
import { prepareLookups } from './lookups.ts';
import { closeOnFailure, openForReading, useUnchanged, withFaults } from './open-database.ts';

/** A directory file of ours, for look-ups only, that is opened again when another file stands at its path. */
export interface LookupsFile {
  /** `fresh`: works with the file that is there now. Rejects with `DirectoryFault`; never throws. */
  read<T>(work: (rows: Rows) => Promise<T>, fresh?: 'fresh'): Promise<T>;
  read<T>(work: (rows: Rows) => T | Promise<T>, fresh?: 'fresh'): T | Promise<T>;
  isReplaced(): boolean;
  /** Why it is not believed that nobody is there: the file came in the place of one that had more domains. */
  doubt(): string | undefined;
  close(): Promise<void>;
}

/** Follows a directory file; opens it when it is first read. */
export function followLookups(path: string, monotonicMs: () => number): LookupsFile {
  const shrinking = createShrinking(path, monotonicMs);
  const file = followDatabase({
    path,
    monotonicMs,
    open: async () => {
      const { db, isOutdated } = await openForReading(path);
      return closeOnFailure(db, async () => ({
        db: noteDomains(db, shrinking),
        isOutdated,
        rows: prepareLookups(db, new Kysely<Tables>({ dialect: createDialect(db) })),
        together: createTogether(db),
      }));
    },
    isOutdated: (opened) => opened.isOutdated(),
    close: ({ db }) => {
      try {
        shrinking.leaving(countDomains(db));
      } catch {
        // A file that cannot be read any more says nothing new.
      }
      db.close();
    },
  });
  return {
    read: (work, fresh) => withFaults(path, () => useUnchanged(file, ({ rows, together }) => together(() => work(rows)), fresh)),
    isReplaced: () => file.isReplaced(),
    doubt: () => {
      if (shrinking.doubt() === undefined) return undefined;
      // They may have been added again.
      void Promise.resolve(file.use(({ db }) => noteDomains(db, shrinking))).catch(() => undefined);
      return shrinking.doubt();
    },
    close: () => file.close(),
  };
}

function noteDomains(db: DatabaseSync, shrinking: Shrinking): DatabaseSync {
  shrinking.opened(countDomains(db));
  return db;
}

/** Domains of a directory file. */
export function countDomains(db: DatabaseSync): number {
  return Number(db.prepare('SELECT count(*) AS count FROM domains').get()?.['count'] ?? 0);
}

/**
 * Runs work in one transaction, as far as it comes without waiting: each look-up by itself takes and gives back a lock, which costs more than the look-up. All of
 * them see one state of the directory, that of this moment.
 */
export function createTogether(db: DatabaseSync): <T>(work: () => T) => T {
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  return (work) => {
    // Work within work, as a store that asks the directory.
    if (db.isTransaction) return work();
    begin.run();
    try {
      return work();
    } finally {
      if (db.isTransaction) end.run();
    }
  };
}
