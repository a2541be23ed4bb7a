/** Counts one mailbox at a time at most once: who asks while a count is under way gets its result. */
export interface Recounts {
  /** Rejects with the signal's reason as soon as it is aborted. */
  count(mailbox: string, signal: AbortSignal): Promise<number>;
}

interface Running {
  readonly result: Promise<number>;
  readonly stop: AbortController;
  waiting: number;
}

/** Creates the table of counts under way. A count that nobody waits for any more is stopped. */
export function createRecounts(countUsage: (mailbox: string, signal: AbortSignal) => Promise<number>): Recounts {
  const running = new Map<string, Running>();
  function start(mailbox: string): Running {
    const stop = new AbortController();
    const started: Running = { result: countUsage(mailbox, stop.signal), stop, waiting: 0 };
    running.set(mailbox, started);
    const forget = (): void => {
      if (running.get(mailbox) === started) running.delete(mailbox);
    };
    started.result.then(forget, forget);
    return started;
  }
  return {
    async count(mailbox, signal) {
      signal.throwIfAborted();
      const found = running.get(mailbox);
      // A stopped count is on its way out; its result is of no use.
      const shared = found === undefined || found.stop.signal.aborted ? start(mailbox) : found;
      const ended = Promise.withResolvers<never>();
      const end = (): void => ended.reject(signal.reason);
      signal.addEventListener('abort', end, { once: true });
      shared.waiting += 1;
      try {
        return await Promise.race([shared.result, ended.promise]);
      } finally {
        signal.removeEventListener('abort', end);
        shared.waiting -= 1;
        if (shared.waiting === 0) shared.stop.abort();
      }
    },
  };
}
