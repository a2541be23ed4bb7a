import { type Cancellation, onAbort } from './cancellation.ts';

/** The result of waiting in a queue. `full`: too many callers wait already. `late`: the time is over. `closed`: the queue was closed. */
export type Waited<T> = { readonly kind: 'served'; readonly item: T } | { readonly kind: NoTurn };

/** Why a caller gets no turn. `aborted`: its signal was aborted. */
export type NoTurn = 'full' | 'late' | 'aborted' | 'closed';

/** The bounds of a queue: how many callers wait, and how long. */
export interface QueueLimits {
  readonly waitingMax: number;
  /** In milliseconds; without it only the signal ends the waiting. */
  readonly waitingMs?: number;
}

/** A bounded queue of callers that wait for an item, served in the order in which they came. */
export interface WaitingList<T> {
  /** The number of callers that wait. */
  readonly size: number;
  /** Waits for an item. Never rejects. */
  wait(signal?: Cancellation): Promise<Waited<T>>;
  /** Gives an item to the caller that has waited longest; false when none waits. A caller that gives up later keeps the item. */
  serve(item: T): boolean;
  /** Ends all waiting, and that of later callers at once, with `closed`. */
  close(): void;
}

/** Creates an empty one. */
export function createWaitingList<T>({ waitingMax, waitingMs }: QueueLimits): WaitingList<T> {
  // A Set keeps the order of arrival and forgets in constant time.
  const waiting = new Set<(waited: Waited<T>) => void>();
  let closed = false;
  return {
    get size() {
      return waiting.size;
    },
    wait(signal) {
      if (signal?.aborted) return Promise.resolve({ kind: 'aborted' });
      if (closed) return Promise.resolve({ kind: 'closed' });
      if (waiting.size >= waitingMax) return Promise.resolve({ kind: 'full' });
      return new Promise((resolve) => {
        const leave = (waited: Waited<T>) => {
          waiting.delete(leave);
          clearTimeout(timer);
          stopListening?.();
          resolve(waited);
        };
        waiting.add(leave);
        const timer = waitingMs === undefined ? undefined : setTimeout(() => leave({ kind: 'late' }), waitingMs);
        const stopListening = signal && onAbort(signal, () => leave({ kind: 'aborted' }));
      });
    },
    serve(item) {
      const [first] = waiting;
      first?.({ kind: 'served', item });
      return first !== undefined;
    },
    close() {
      closed = true;
      for (const leave of waiting) leave({ kind: 'closed' });
    },
  };
}

/** The right of one caller to work, until it is disposed. */
export interface Turn extends Disposable {
  readonly kind: 'turn';
  /** Gives it back; further calls do nothing. */
  [Symbol.dispose](): void;
}

/** Bounds how many callers work at once; the others wait in order. */
export interface Turns {
  /** The number of callers that wait. */
  readonly waiting: number;
  /** Takes a turn when it comes. Never rejects. Dispose the turn, or it is lost. */
  take(signal?: Cancellation): Promise<Turn | { readonly kind: NoTurn }>;
}

/** Creates turns for `atOnce` at the same time. */
export function createTurns({ atOnce, ...limits }: QueueLimits & { readonly atOnce: number }): Turns {
  const queue = createWaitingList<undefined>(limits);
  let taken = 0;
  const start = (): Turn => {
    let given = false;
    return {
      kind: 'turn',
      [Symbol.dispose]() {
        if (given) return;
        given = true;
        // The turn passes directly to the next caller: one that comes now cannot get it before those that wait.
        if (!queue.serve(undefined)) taken -= 1;
      },
    };
  };
  return {
    get waiting() {
      return queue.size;
    },
    async take(signal) {
      if (signal?.aborted) return { kind: 'aborted' };
      if (taken < atOnce) {
        taken += 1;
        return start();
      }
      const waited = await queue.wait(signal);
      return waited.kind === 'served' ? start() : waited;
    },
  };
}
