import { ArchiveFault } from '../fault.ts';

/** Lets so many go at once; others wait in order. */
export interface Turns {
  /** Resolves to what gives the turn back. Rejects with a fault when too many wait, and with the signal's reason. */
  take(signal?: AbortSignal): Promise<() => void>;
}

/** Creates turns for `max` at once with at most `maxWaiting` behind them. */
export function createTurns(max: number, maxWaiting: number): Turns {
  const waiting = new Set<() => void>();
  let taken = 0;
  function give(): void {
    const [next] = waiting;
    if (next === undefined) taken -= 1;
    else next();
  }
  const once = (): (() => void) => {
    let given = false;
    return () => {
      if (!given) give();
      given = true;
    };
  };
  return {
    take(signal) {
      signal?.throwIfAborted();
      if (taken < max) {
        taken += 1;
        return Promise.resolve(once());
      }
      if (waiting.size >= maxWaiting) return Promise.reject(new ArchiveFault('busy', `${waiting.size} archives wait already`));
      return new Promise((resolve, reject) => {
        const abort = () => {
          waiting.delete(go);
          reject(signal?.reason);
        };
        const go = () => {
          waiting.delete(go);
          signal?.removeEventListener('abort', abort);
          resolve(once());
        };
        waiting.add(go);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
  };
}
