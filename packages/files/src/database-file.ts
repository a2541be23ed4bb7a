import { chmod, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { describeError } from '@vratny/text';
import { describeAccess } from './access.ts';

/** Owner writes, group reads: what is in them is nobody else's business. SQLite gives its -wal and -shm files the mode of the database. */
const FILE_MODE = 0o640;

/** How often work that meets a lock is tried, and the pause in between, in which the event loop runs. */
export interface Patience {
  readonly attempts: number;
  readonly pauseMs: number;
}

/** Makes an empty file with mode 0640 where there is none: SQLite takes it for an empty database, so the mode is right before anything is in it. */
export async function createDatabaseFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', FILE_MODE)).close();
    // Again, because the umask took its part.
    await chmod(path, FILE_MODE);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** Runs work again while another writer holds SQLite's lock. Rejects as the last attempt does. */
export async function whileBusy<T>(work: () => T | Promise<T>, { attempts, pauseMs }: Patience): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !isBusy(error)) throw error;
      await pause(pauseMs);
    }
  }
}

/** Whether SQLite could not have a lock that another process has. SQLITE_BUSY is 5; its extended codes (recovery, snapshot) keep it in the low byte. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5;
}

/** What a database error says; when the user of this process may not open or write the file, also whose it is. */
export function describeDatabaseError(path: string, error: unknown): string {
  const message = describeError(error);
  return isDenied(error) ? `${message}: ${describeAccess(path)}` : message;
}

// SQLITE_PERM, SQLITE_READONLY and SQLITE_CANTOPEN.
const DENIED: ReadonlySet<number> = new Set([3, 8, 14]);

function isDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error && typeof error.errcode === 'number') return DENIED.has(error.errcode & 0xff);
  return 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}
