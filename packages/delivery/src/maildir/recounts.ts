import { type Cancellation, type Canceller, createCanceller, throwIfAborted, until } from '@vratny/waiting';

/** Counts mailboxes, each by one count at a time. Callers that ask during a count share the next one. */
export interface Recounts<Found> {
  /**
   * Counts after the call. A count that began before the call may have seen messages that were deleted since, and would
   * report a mailbox as full that is not. Rejects with the signal's reason as soon as it is aborted.
   */
  count(mailbox: string, signal: Cancellation): Promise<Found>;
}

interface Count<Found> {
  readonly result: Promise<Found>;
  readonly stop: Canceller;
  /** False until the previous count has ended. */
  begun: boolean;
  waiting: number;
}

/** Creates the table of running counts. A count is stopped when no caller waits for it. */
export function createRecounts<Found>(look: (mailbox: string, signal: Cancellation) => Promise<Found>): Recounts<Found> {
  const newest = new Map<string, Count<Found>>();
  function start(mailbox: string, before: Count<Found> | undefined): Count<Found> {
    const stop = createCanceller();
    const begin = (): Promise<Found> => {
      count.begun = true;
      throwIfAborted(stop.signal);
      return look(mailbox, stop.signal);
    };
    const count: Count<Found> = {
      result: (before === undefined ? Promise.resolve() : untilOver(before)).then(begin),
      stop,
      begun: false,
      waiting: 0,
    };
    newest.set(mailbox, count);
    const forget = (): void => {
      if (newest.get(mailbox) === count) newest.delete(mailbox);
    };
    count.result.then(forget, forget);
    return count;
  }
  return {
    async count(mailbox, signal) {
      throwIfAborted(signal);
      const last = newest.get(mailbox);
      // A count that has begun is too old; a stopped one gives no result.
      const shared = last === undefined || last.begun || last.stop.signal.aborted ? start(mailbox, last) : last;
      shared.waiting += 1;
      try {
        return await until(shared.result, signal);
      } finally {
        shared.waiting -= 1;
        if (shared.waiting === 0) shared.stop.abort();
      }
    },
  };
}

/**
 * Resolves when a count has settled or was stopped, so that a disk that hangs does not block later callers. Never
 * rejects.
 */
async function untilOver({ result, stop }: Count<unknown>): Promise<void> {
  try {
    await until(result, stop.signal, () => undefined);
  } catch {
    // Its own callers get the error.
  }
}
