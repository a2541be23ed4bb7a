import { DatabaseSync } from 'node:sqlite';
import { createDatabaseFile, whileBusy } from '@vratny/files';
import { BUSY_TIMEOUT_MS, OPENING } from '../limits.ts';
import { ensureSchema } from './schema.ts';

/** Opens the file and makes it when it is missing; several processes may do so at once. */
export async function openDatabase(path: string): Promise<DatabaseSync> {
  await createDatabaseFile(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Losing the last moments with the machine costs a greylisted sender one more attempt, so no flush for each change.
    await whileBusy(() => db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'), OPENING);
    await whileBusy(() => ensureSchema(db), OPENING);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
