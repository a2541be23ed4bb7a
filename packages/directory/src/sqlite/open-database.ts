import { chmod, open, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { BUSY_TIMEOUT_MS, OPEN_ATTEMPTS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { whileBusy } from './fault.ts';
import { checkVersion, migrate } from './migrate.ts';

/** Owner writes, group reads: addresses are nobody else's business. SQLite gives its -wal and -shm files the mode of the database. */
const FILE_MODE = 0o640;

/** Opens a database for writing, makes it when it is missing, and brings its schema up to date. */
export async function openForWriting(path: string, now: () => Date): Promise<DatabaseSync> {
  await createFile(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  return closeOnFailure(db, async () => {
    await whileBusy(OPEN_ATTEMPTS, () => db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'));
    await migrate(db, now);
    return db;
  });
}

/** Opens a database that exists for look-ups only. */
export async function openForReading(path: string): Promise<DatabaseSync> {
  if (!(await exists(path))) throw new DirectoryFault('there is no such file; the first program that changes the directory makes it');
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true });
  return closeOnFailure(db, async () => {
    await whileBusy(OPEN_ATTEMPTS, () => checkVersion(db));
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

/** SQLite takes an empty file for an empty database, so the mode is right before anything is in it. */
async function createFile(path: string): Promise<void> {
  if (await exists(path)) return;
  try {
    await (await open(path, 'wx', FILE_MODE)).close();
    // Again, because the umask took its part.
    await chmod(path, FILE_MODE);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
