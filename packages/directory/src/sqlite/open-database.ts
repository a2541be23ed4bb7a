import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createDatabaseFile, whileBusy } from '@vratny/files';
import { BUSY_TIMEOUT_MS, OPENING } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { checkVersion, migrate, readVersion } from './migrate.ts';

/** What becomes of a path at which there is no directory: it is made, or opening it rejects with a fault that says `missing`. */
export type WhenMissing = 'make' | 'reject';

/** How a database is opened for writing. */
export interface WritingOptions {
  readonly now: () => Date;
  readonly whenMissing: WhenMissing;
  /** Whether an older schema is brought up to date; else it is a fault. */
  readonly migrates: boolean;
}

/** Opens a database for writing. A directory that is missing is made only where that was asked for. */
export async function openForWriting(path: string, { now, whenMissing, migrates }: WritingOptions): Promise<DatabaseSync> {
  if (whenMissing === 'make') await createDatabaseFile(path);
  else needFile(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  return closeOnFailure(db, async () => {
    // First, since the next step writes.
    if (whenMissing === 'reject') await whileBusy(() => needTables(db), OPENING);
    await whileBusy(() => db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'), OPENING);
    if (migrates) await migrate(db, now);
    else await whileBusy(() => checkVersion(db), OPENING);
    return db;
  });
}

/** Opens a database that exists for look-ups only. */
export async function openForReading(path: string): Promise<DatabaseSync> {
  needFile(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true });
  return closeOnFailure(db, async () => {
    await whileBusy(() => {
      needTables(db);
      checkVersion(db);
    }, OPENING);
    return db;
  });
}

/** Runs what follows the opening of a database, and closes it when that fails. */
export async function closeOnFailure<T>(db: DatabaseSync, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    db.close();
    throw error;
  }
}

function needFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  throw new DirectoryFault('there is no such file; is its volume mounted? `mxctl domain add` makes a new directory, mx never does', {
    missing: true,
  });
}

function needTables(db: DatabaseSync): void {
  if (readVersion(db) > 0) return;
  throw new DirectoryFault('the file is empty; `mxctl domain add` makes a new directory in it, mx never does', { missing: true });
}
