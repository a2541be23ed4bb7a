import { setImmediate } from 'node:timers/promises';

/** What a piece of work cost this thread. Processor time, so that other programs on the machine do not count. */
export interface Cost {
  /** Milliseconds altogether. */
  readonly totalMs: number;
  /** Milliseconds of its longest turn of the event loop: so long nobody else was served. */
  readonly longestTurnMs: number;
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Does the work while a ticker measures each turn of the event loop. */
export async function measure(work: () => unknown): Promise<Cost> {
  let longestTurnMs = 0;
  let running = true;
  let last = threadMs();
  const ticker = (async () => {
    while (running) {
      const now = threadMs();
      longestTurnMs = Math.max(longestTurnMs, now - last);
      last = now;
      await setImmediate();
    }
  })();
  await setImmediate();
  last = threadMs();
  longestTurnMs = 0;
  const begun = last;
  await work();
  const ended = threadMs();
  // The turn in which it ended, which is all of it when it never gave way.
  longestTurnMs = Math.max(longestTurnMs, ended - last);
  running = false;
  await ticker;
  return { totalMs: ended - begun, longestTurnMs };
}

/** The least of several measurements; it stops as soon as one is `goodEnough`. */
export async function least(work: () => unknown, times: number, goodEnough: (cost: Cost) => boolean): Promise<Cost> {
  let best = await measure(work);
  for (let i = 1; i < times && !goodEnough(best); i += 1) {
    const cost = await measure(work);
    best = { totalMs: Math.min(best.totalMs, cost.totalMs), longestTurnMs: Math.min(best.longestTurnMs, cost.longestTurnMs) };
  }
  return best;
}
