import { type Cancellation, type Canceller, createCanceller, throwIfAborted, until } from '@vratny/waiting';

/** Counts each mailbox one count at a time; who asks while one is under way gets the next one's result, with all others who wait for it. */
export interface Recounts<Found> {
  /**
   * What is there at a moment after the question: a count that began before it may have seen what its reader has deleted since, and call a
   * mailbox full that is not. Rejects with the signal's reason as soon as it is aborted.
   */
  count(mailbox: string, signal: Cancellation): Promise<Found>;
}

interface Count<Found> {
  readonly result: Promise<Found>;
  readonly stop: Canceller;
  /** False while the count before it is under way. */
  begun: boolean;
  waiting: number;
}

/** Creates the table of counts under way. A count that nobody waits for any more is stopped. */
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
      // One that has begun is too old for us; a stopped one is on its way out and its result is of no use.
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

/** Until a count is settled or stopped: a disk that hangs must not hold up those who come later. Never rejects. */
async function untilOver({ result, stop }: Count<unknown>): Promise<void> {
  try {
    await until(result, stop.signal, () => undefined);
  } catch {
    // How it ended is told to those who asked for it.
  }
}
