/** Places for open sockets; who comes when all are taken waits in turn. */
export interface SocketSlots {
  /** Gives a place, as the function that frees it; undefined when the signal came first or too many wait already. */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
}

/** Makes one with `max` places and at most `maxWaiting` waiting. */
export function createSocketSlots(max: number, maxWaiting: number): SocketSlots {
  // A Set keeps the order of arrival and lets one that gave up leave at once.
  const waiting = new Set<() => void>();
  let taken = 0;

  const give = (): (() => void) => {
    let freed = false;
    taken += 1;
    return () => {
      if (freed) return;
      freed = true;
      taken -= 1;
      const [next] = waiting;
      next?.();
    };
  };

  return {
    take: (signal) => {
      if (signal.aborted) return Promise.resolve(undefined);
      if (taken < max) return Promise.resolve(give());
      if (waiting.size >= maxWaiting) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const leave = (): void => {
          waiting.delete(enter);
          signal.removeEventListener('abort', onAbort);
        };
        const enter = (): void => {
          leave();
          resolve(give());
        };
        const onAbort = (): void => {
          leave();
          resolve(undefined);
        };
        waiting.add(enter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
