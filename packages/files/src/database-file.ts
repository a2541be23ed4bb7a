import { chmod, open } from 'node:fs/promises';

/**
 * Owner writes, group reads: what is in them is nobody else's business. SQLite gives its -wal and -shm files the mode
 * of the database.
 */
const FILE_MODE = 0o640;

/**
 * Makes an empty file with mode 0640 where there is none: SQLite takes it for an empty database, so the mode is right
 * before anything is in it.
 */
export async function createDatabaseFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', FILE_MODE)).close();
    // Again, because the umask took its part.
    await chmod(path, FILE_MODE);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
