import { realpathSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { createDatabaseFile, describeDatabaseError, type FollowedDatabase, whileBusy } from '@vratny/files';
import { describeError } from '@vratny/text';
import { pause } from '@vratny/waiting';
import { BUSY_TIMEOUT_MS, OPENING, SETTLED_MS, UNCHANGED_ATTEMPTS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { RegisterRefusal } from '../register.ts';
import { MIGRATIONS, type Migration, NEWEST } from '../tables/migrations.ts';
import { isMountedAlone } from './mounted-alone.ts';

/** What becomes of a path at which there is no directory: it is made, or opening it rejects with a fault that says `missing`. */
type WhenMissing = 'make' | 'reject';

/** How a database is opened for writing. */
interface WritingOptions {
  readonly now: () => Date;
  readonly whenMissing: WhenMissing;
  /** Whether an older schema is brought up to date; else it is a fault. */
  readonly migrates: boolean;
}

/** Opens a database for writing. A directory that is missing is made only where that was asked for. */
export async function openForWriting(path: string, { now, whenMissing, migrates }: WritingOptions): Promise<DatabaseSync> {
  if (whenMissing === 'make') await createDatabaseFile(path);
  else needFile(path);
  needCompanions(path);
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

/** A database that is open for look-ups. */
export interface ForReading {
  readonly db: DatabaseSync;
  /** Whether somebody has written since, which this connection cannot see: what it just said counts for nothing. Never throws. */
  isOutdated(): boolean;
}

/** Opens a directory of ours that exists for look-ups only; its folder need not be writable. */
export async function openForReading(path: string): Promise<ForReading> {
  needFile(path);
  return openReadable(path, (db) => {
    needTables(db);
    checkVersion(db);
  });
}

/** Opens any database that exists, to be read, once it passes a check; its folder need not be writable. What cannot be read as it is now is a fault. */
export async function openReadable(path: string, check: (db: DatabaseSync) => void): Promise<ForReading> {
  needCompanions(path);
  try {
    return { db: await openChecked(path, check), isOutdated: () => false };
  } catch (error) {
    if (isHalfChanged(error))
      throw new DirectoryFault(`a change of it was interrupted, and is undone when the program that writes it opens it (${path}-journal)`, {
        cause: error,
      });
    // Beside a database with a log SQLite must make a file, unless it is promised that nobody writes while the connection is open. Whether somebody did is looked
    // at after each answer.
    const written = isDenied(error) ? await describeSettled(path) : undefined;
    if (written === undefined) throw isDenied(error) ? explainLog(path, error) : error;
    const alone = pathToFileURL(path);
    alone.searchParams.set('immutable', '1');
    return { db: await openChecked(alone, check), isOutdated: () => describeWritten(path) !== written };
  }
}

async function openChecked(path: string | URL, check: (db: DatabaseSync) => void): Promise<DatabaseSync> {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true });
  return closeOnFailure(db, async () => {
    await whileBusy(() => check(db), OPENING);
    return db;
  });
}

/** Refuses a file whose log or journal may be where it cannot be seen. @throws DirectoryFault */
function needCompanions(path: string): void {
  if (!isMountedAlone(path)) return;
  throw new DirectoryFault(
    'the file is mounted by itself: what was written last may stand in files beside it (-wal, -journal), which cannot be seen; mount its folder',
  );
}

/** Works as `file.use` does, and again where somebody wrote meanwhile whom the connection could not see. Rejects with `DirectoryFault` when that goes on. */
export function useUnchanged<T extends Pick<ForReading, 'isOutdated'>, Result>(
  file: Pick<FollowedDatabase<T>, 'use'>,
  work: (opened: T) => Result | Promise<Result>,
  fresh?: 'fresh',
  attempts = UNCHANGED_ATTEMPTS,
): Result | Promise<Result> {
  let used: T | undefined;
  const isTorn = (): boolean => used?.isOutdated() === true;
  const again = (): Result | Promise<Result> => {
    if (attempts > 1) return useUnchanged(file, work, 'fresh', attempts - 1);
    return Promise.reject(
      new DirectoryFault('it is written all the time, and cannot be read meanwhile from a folder that cannot be written'),
    );
  };
  const done = file.use((opened) => {
    used = opened;
    return work(opened);
  }, fresh);
  if (!(done instanceof Promise)) return isTorn() ? again() : done;
  return done.then(
    (result) => (isTorn() ? again() : result),
    (error: unknown) => (isTorn() ? again() : Promise.reject(error)),
  );
}

// SQLITE_READONLY and SQLITE_CANTOPEN.
const DENIED: ReadonlySet<number> = new Set([8, 14]);

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && DENIED.has(error.errcode & 0xff);
}

// SQLITE_READONLY_ROLLBACK.
function isHalfChanged(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 776;
}

function explainLog(path: string, error: unknown): Error {
  const message = `${describeError(error)}: what was written last stands in ${path}-wal, which this user may not use`;
  return new DirectoryFault(message, { cause: error });
}

/** When a database was last written, as a text to compare; undefined while a log beside it holds what it lacks. */
function describeWritten(path: string): string | undefined {
  return readWritten(path)?.text;
}

/** The same, once a file system that counts in ticks would show the next change. */
async function describeSettled(path: string): Promise<string | undefined> {
  const last = readWritten(path);
  if (last === undefined || Math.abs(Date.now() - last.atMs) > SETTLED_MS) return last?.text;
  await pause(SETTLED_MS);
  return describeWritten(path);
}

function readWritten(path: string): { readonly text: string; readonly atMs: number } | undefined {
  try {
    if ((statSync(`${realpathSync(path)}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return undefined;
    const { ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
    return { text: [ino, size, mtimeNs, ctimeNs].join(' '), atMs: Number(ctimeMs) };
  } catch {
    return undefined;
  }
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

/**
 * Brings the schema up to date, one migration per transaction. Two processes may do so at once: the lock is taken before the
 * version is read, so the second one finds the work done.
 */
async function migrate(db: DatabaseSync, now: () => Date): Promise<void> {
  for (const migration of MIGRATIONS) await whileBusy(() => applyOne(db, migration, now), OPENING);
}

function applyOne(db: DatabaseSync, migration: Migration, now: () => Date): void {
  if (readVersion(db) >= migration.number) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    if (readVersion(db) < migration.number) {
      db.exec(
        'CREATE TABLE IF NOT EXISTS directory_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
      );
      db.exec(migration.sql);
      const note = db.prepare('INSERT INTO directory_migrations (number, name, applied_at) VALUES (?, ?, ?)');
      note.run(migration.number, migration.name, now().getTime());
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Makes sure that the schema is the one this program knows. @throws DirectoryFault */
function checkVersion(db: DatabaseSync): void {
  const version = readVersion(db);
  if (version < NEWEST)
    throw new DirectoryFault(`its schema is version ${version}, this program needs ${NEWEST}; mxctl migrate brings it up to date`);
}

/** The number of the last migration, 0 for an empty database. @throws DirectoryFault when it is newer than this program, or not ours */
function readVersion(db: DatabaseSync): number {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length === 0) return 0;
  if (!tables.some((table) => table['name'] === 'directory_migrations'))
    throw new DirectoryFault('this database belongs to something else');
  const version = db.prepare('SELECT max(number) AS version FROM directory_migrations').get()?.['version'];
  if (typeof version !== 'number') throw new DirectoryFault('its table of migrations is empty');
  if (version > NEWEST) throw new DirectoryFault(`its schema is version ${version}, this program knows ${NEWEST}; a newer program made it`);
  return version;
}

/** Runs work on the database; whatever goes wrong in it rejects with a {@link DirectoryFault} that names the file. Refusals pass. Never throws. */
export function withFaults<T>(path: string, work: () => Promise<T>): Promise<T>;
export function withFaults<T>(path: string, work: () => T | Promise<T>): T | Promise<T>;
export function withFaults<T>(path: string, work: () => T | Promise<T>): T | Promise<T> {
  const fail = (error: unknown): Promise<never> => {
    if (error instanceof RegisterRefusal) return Promise.reject(error);
    const missing = error instanceof DirectoryFault && error.missing;
    return Promise.reject(new DirectoryFault(`directory ${path}: ${describeDatabaseError(path, error)}`, { cause: error, missing }));
  };
  try {
    const done = work();
    return done instanceof Promise ? done.catch(fail) : done;
  } catch (error) {
    return fail(error);
  }
}
