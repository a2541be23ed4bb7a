/** The end of one look-up: its own deadline, or its caller's abort, whichever comes first. */
export interface Deadline {
  /** Aborts at the end. */
  readonly signal: AbortSignal;
  /** Which of the two it was; undefined before the end. */
  reason(): 'timeout' | 'aborted' | undefined;
  remainingMs(): number;
  /** Frees the timer. */
  stop(): void;
}

/** Starts one; `now` is in milliseconds. The timer holds even when that clock is wrong. */
export function startDeadline(timeoutMs: number, now: () => number, caller: AbortSignal | undefined): Deadline {
  const end = new AbortController();
  const startedAt = now();
  let reason: 'timeout' | 'aborted' | undefined;
  const finish = (why: 'timeout' | 'aborted'): void => {
    reason ??= why;
    end.abort();
  };
  const onAbort = (): void => finish('aborted');
  const timer = setTimeout(() => finish('timeout'), timeoutMs);
  caller?.addEventListener('abort', onAbort, { once: true });
  if (caller?.aborted) onAbort();
  return {
    signal: end.signal,
    reason: () => reason,
    remainingMs: () => Math.min(timeoutMs, Math.max(0, timeoutMs - (now() - startedAt))),
    stop: () => {
      clearTimeout(timer);
      caller?.removeEventListener('abort', onAbort);
    },
  };
}
