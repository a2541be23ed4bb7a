import { setTimeout } from 'node:timers/promises';
import { BUSY_PAUSE_MAX_MS, BUSY_PAUSE_MS, BUSY_WAIT_MS } from '../limits.ts';
import type { ServerOptions } from '../options.ts';

/** The pauses, in milliseconds, after each look at a message whose earlier attempt still runs. The last one is 0: that was the last look. */
export function* pausesOf({
  monotonicMs,
  busyWaitMs = BUSY_WAIT_MS,
}: Pick<ServerOptions, 'monotonicMs' | 'busyWaitMs'>): Generator<number> {
  const end = monotonicMs() + busyWaitMs;
  let pauseMs = BUSY_PAUSE_MS;
  for (let leftMs = busyWaitMs; leftMs > 0; leftMs = end - monotonicMs()) {
    yield Math.min(pauseMs, leftMs);
    pauseMs = Math.min(pauseMs * 1.5, BUSY_PAUSE_MAX_MS);
  }
  yield 0;
}

/** Resolves after the pause, or when the signal is aborted. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
