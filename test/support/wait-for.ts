import { setTimeout as sleep } from 'node:timers/promises';
import { CONDITION_MS, POLL_MS } from './limits.ts';

/**
 * Looks again and again until `look` finds something, and returns it; rejects when `deadlineMs` has passed. `what` is how the message
 * calls it; `explain` adds what was seen instead.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  options: { readonly deadlineMs?: number; readonly explain?: () => string } = {},
): Promise<T> {
  const { deadlineMs = CONDITION_MS, explain } = options;
  const end = performance.now() + deadlineMs;
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) {
      throw new Error(`${what}: not within ${deadlineMs / 1000} s${explain === undefined ? '' : `\n${explain()}`}`);
    }
    await sleep(POLL_MS);
  }
}
