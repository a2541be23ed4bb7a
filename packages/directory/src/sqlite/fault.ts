import { setTimeout as pause } from 'node:timers/promises';
import { BUSY_PAUSE_MS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { RegisterRefusal } from '../register.ts';

/** Runs work on the database; whatever goes wrong in it becomes a {@link DirectoryFault} that names the file. Refusals pass. */
export async function withFaults<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegisterRefusal) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DirectoryFault(`directory ${path}: ${reason}`, { cause: error });
  }
}

/** Runs work again while another writer holds the lock; between two attempts the event loop runs. */
export async function whileBusy<T>(attempts: number, work: () => T | Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !isBusy(error)) throw error;
      await pause(BUSY_PAUSE_MS);
    }
  }
}

// SQLITE_BUSY is 5; its extended codes (recovery, snapshot) keep it in the low byte.
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5;
}
