import { setTimeout as sleep } from 'node:timers/promises';
import { type State, StateFault } from '@vratny/state';

/** What calls came to while something was done to Redis. */
export interface LoadReport {
  readonly answers: number;
  readonly faults: number;
  /** Rejections that are no StateFault: there must be none. */
  readonly strangers: readonly unknown[];
  readonly slowestMs: number;
  /** How late this process itself was to wake up: a starved machine is not Redis' doing. */
  readonly latestMs: number;
}

/** Calls that go on until they are stopped. */
export interface Load {
  /** The report of what ended since the last look. */
  look(): LoadReport;
  /** Ends the calls and gives the last report. */
  stop(): Promise<LoadReport>;
}

const EVERY_MS = 5;
const TIMES = { delayMs: 1, windowMs: 60_000 };

/** Calls state as a busy secondary does, whether or not earlier calls have ended. */
export function startLoad(state: State): Load {
  let report = empty();
  let running = true;
  const open = new Set<Promise<void>>();
  const call = async (count: number): Promise<void> => {
    const startedAt = performance.now();
    const now = new Date();
    try {
      await Promise.all([state.greylist.firstSeen(`sender ${count}`, now, TIMES), state.counters.hit('load', now, 60_000)]);
      report.answers += 1;
    } catch (error) {
      if (error instanceof StateFault) report.faults += 1;
      else report.strangers.push(error);
    }
    report.slowestMs = Math.max(report.slowestMs, performance.now() - startedAt);
  };
  const loop = async (): Promise<void> => {
    for (let count = 0; running; count++) {
      const one = call(count).finally(() => open.delete(one));
      open.add(one);
      const startedAt = performance.now();
      await sleep(EVERY_MS);
      report.latestMs = Math.max(report.latestMs, performance.now() - startedAt - EVERY_MS);
    }
    await Promise.all(open);
  };
  const ended = loop();
  const look = () => {
    const last = report;
    report = empty();
    return last;
  };
  const stop = async () => {
    running = false;
    await ended;
    return look();
  };
  return { look, stop };
}

function empty(): { answers: number; faults: number; strangers: unknown[]; slowestMs: number; latestMs: number } {
  return { answers: 0, faults: 0, strangers: [], slowestMs: 0, latestMs: 0 };
}
