import { LmtpFault } from './fault.ts';

/** Who comes first is served first; nobody waits longer than the deadline, and not more than `max` wait. */
export interface WaitingList<Turn> {
  /** Rejects with {@link LmtpFault} when the time is over, `signal` is aborted, or too many wait already. */
  wait(signal: AbortSignal): Promise<Turn>;
  /** Gives a turn to who has waited longest; false when nobody waits. */
  serve(turn: Turn): boolean;
  /** Sends everybody away. */
  close(): void;
}

/** Creates an empty list. */
export function createWaitingList<Turn>(options: {
  readonly name: string;
  readonly max: number;
  readonly deadlineMs: number;
}): WaitingList<Turn> {
  const { name, max, deadlineMs } = options;
  // A Set keeps the order of adding and forgets in constant time.
  const list = new Set<{ readonly serve: (turn: Turn) => void; readonly leave: (fault: LmtpFault) => void }>();
  return {
    wait(signal) {
      if (signal.aborted) return Promise.reject(new LmtpFault('ended', `${name}: ended before a connection was free`));
      if (list.size >= max) return Promise.reject(new LmtpFault('lost', `${name}: too many deliveries wait for a connection`));
      return new Promise<Turn>((resolve, reject) => {
        const late = setTimeout(
          () => entry.leave(new LmtpFault('lost', `${name}: no connection was free within ${deadlineMs / 1_000} s`)),
          deadlineMs,
        );
        const onAbort = () => entry.leave(new LmtpFault('ended', `${name}: ended before a connection was free`));
        const forget = () => {
          clearTimeout(late);
          signal.removeEventListener('abort', onAbort);
          list.delete(entry);
        };
        const entry = {
          serve: (turn: Turn) => {
            forget();
            resolve(turn);
          },
          leave: (fault: LmtpFault) => {
            forget();
            reject(fault);
          },
        };
        list.add(entry);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    serve(turn) {
      const [first] = list;
      first?.serve(turn);
      return first !== undefined;
    },
    close() {
      for (const entry of list) entry.leave(new LmtpFault('ended', `${name}: closed`));
    },
  };
}
