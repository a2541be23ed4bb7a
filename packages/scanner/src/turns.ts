import { ScannerFault } from './scanner-fault.ts';
import { orAborted, reasonOf } from './wait.ts';

/** How many may work at once, how many may wait, and how long. */
export interface TurnLimits {
  readonly atOnce: number;
  readonly waitingMax: number;
  readonly waitingMs: number;
}

/** A fair queue: who came first has the first turn that gets free. */
export interface Turns {
  /** Runs `work` when its turn comes. Rejects with `ScannerFault` (`busy`, or what the signal says) when it does not come. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly start: () => void;
}

/** Makes one. */
export function createTurns({ atOnce, waitingMax, waitingMs }: TurnLimits): Turns {
  let running = 0;
  // A Set keeps the order of arrival, and whoever gives up leaves it in one step.
  const queue = new Set<Waiting>();

  async function wait(signal: AbortSignal): Promise<void> {
    if (queue.size >= waitingMax) throw new ScannerFault('busy', `${waitingMax} scans are waiting already`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const place: Waiting = { start: resolve };
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new ScannerFault('busy', `no turn within ${waitingMs} ms`)), waitingMs);
    queue.add(place);
    try {
      await orAborted(promise, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      // Given the turn and giving up in the same moment: the turn goes to the next.
      if (!queue.delete(place)) release();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The turn is handed over, not given back: nobody can slip in between. */
  function release(): void {
    const [next] = queue;
    if (next === undefined) {
      running -= 1;
      return;
    }
    queue.delete(next);
    next.start();
  }

  return {
    async run(signal, work) {
      if (signal.aborted) throw reasonOf(signal);
      if (running < atOnce) running += 1;
      else await wait(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
