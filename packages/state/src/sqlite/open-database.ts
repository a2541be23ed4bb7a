import { chmod, open } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { BUSY_TIMEOUT_MS, OPEN_ATTEMPTS, OPEN_PAUSE_MS } from '../limits.ts';
import { ensureSchema } from './schema.ts';

/** Owner writes, group reads: who writes to whom is nobody else's business. SQLite gives its -wal and -shm files the mode of the database. */
const FILE_MODE = 0o640;

/** Opens the file and makes it when it is missing; several processes may do so at once. */
export async function openDatabase(path: string): Promise<DatabaseSync> {
  await createFile(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Losing the last moments with the machine costs a greylisted sender one more attempt, so no flush for each change.
    await whileBusy(() => db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'));
    await whileBusy(() => ensureSchema(db));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

async function whileBusy(work: () => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return work();
    } catch (error) {
      if (attempt >= OPEN_ATTEMPTS || !isBusy(error)) throw error;
      await pause(OPEN_PAUSE_MS);
    }
  }
}

// SQLITE_BUSY is 5; its extended codes (recovery, snapshot) keep it in the low byte.
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5;
}

/** SQLite takes an empty file for an empty database, so the mode is right before anything is in it. */
async function createFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', FILE_MODE)).close();
    // Again, because the umask took its part.
    await chmod(path, FILE_MODE);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
