import { setTimeout as pause } from 'node:timers/promises';

/** How often work that meets a lock is tried, and the pause in between, in which the event loop runs. */
export interface Patience {
  readonly attempts: number;
  readonly pauseMs: number;
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

/**
 * Whether SQLite could not have a lock that another process has. SQLITE_BUSY is 5; its extended codes (recovery,
 * snapshot) keep it in the low byte.
 */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5;
}
