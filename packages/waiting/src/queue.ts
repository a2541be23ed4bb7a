import { type Cancellation, onAbort } from './cancellation.ts';

/** What waiting in a queue came to. `full`: too many wait already. `late`: the time was over. `closed`: the queue was. */
export type Waited<T> = { readonly kind: 'served'; readonly item: T } | { readonly kind: NoTurn };

/** Why there is no turn. `aborted`: who waited gave up. */
export type NoTurn = 'full' | 'late' | 'aborted' | 'closed';

/** How long a queue may become, and how long anybody waits in it. */
export interface QueueLimits {
  readonly waitingMax: number;
  /** Without it only the signal ends the waiting. */
  readonly waitingMs?: number;
}

/** A bounded fair queue: who came first is served first. */
export interface WaitingList<T> {
  /** How many wait. */
  readonly size: number;
  /** Waits for an item. Never rejects. */
  wait(signal?: Cancellation): Promise<Waited<T>>;
  /** Gives an item to who has waited longest; false when nobody waits. Who is served before it gives up has the item. */
  serve(item: T): boolean;
  /** Sends everybody away, and all who come later. */
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

/** The right to work until it is given back. */
export interface Turn extends Disposable {
  readonly kind: 'turn';
  /** Gives it back; further calls do nothing. */
  [Symbol.dispose](): void;
}

/** Lets so many work at once; the others wait in order. */
export interface Turns {
  /** How many wait. */
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
        // A turn is handed over, not given back: nobody who comes now can slip in before those who wait.
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
