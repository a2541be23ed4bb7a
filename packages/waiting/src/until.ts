import { type Cancellation, createCanceller, onAbort } from './cancellation.ts';

/** Work was not done within its deadline. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly deadlineMs: number;

  constructor(deadlineMs: number) {
    super(`no answer within ${deadlineMs} ms`);
    this.deadlineMs = deadlineMs;
  }
}

/**
 * Waits for `work` until `signal` is aborted. Then the result is what `instead` returns or throws; without it the promise rejects with the
 * signal's reason. `instead` is called at most once, while the signal is being aborted, and never after `work` was settled. The work itself goes on:
 * what becomes of it later, an error too, is dropped. A signal that is aborted already wins over work that is settled already.
 */
export function until<T, E = never>(work: Promise<T>, signal: Cancellation, instead?: () => E): Promise<T | E> {
  return race(
    work,
    (end) => onAbort(signal, end),
    instead ??
      (() => {
        throw signal.reason;
      }),
  );
}

/** Waits for `work` at most `deadlineMs` milliseconds; then as {@link until}, and without `instead` rejects with {@link DeadlineError}. */
export function withDeadline<T, E = never>(work: Promise<T>, deadlineMs: number, instead?: () => E): Promise<T | E> {
  return race(
    work,
    (end) => startLimit(deadlineMs, end),
    instead ??
      (() => {
        throw new DeadlineError(deadlineMs);
      }),
  );
}

/**
 * Waits for `work` until `graceMs` milliseconds after `signal` was aborted: work that was told to end gets that long to clean up and say how it ended.
 * Then as {@link until}, and without `instead` rejects with the signal's reason.
 */
export function withGrace<T, E = never>(work: Promise<T>, signal: Cancellation, graceMs: number, instead?: () => E): Promise<T | E> {
  const arm = (end: () => void): (() => void) => {
    let stopTimer = nothing;
    const stopListening = onAbort(signal, () => {
      stopTimer = startLimit(graceMs, end);
    });
    return () => {
      stopListening();
      stopTimer();
    };
  };
  return race(
    work,
    arm,
    instead ??
      (() => {
        throw signal.reason;
      }),
  );
}

/** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. Never rejects. */
export function pause(ms: number, signal?: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    let stopListening = nothing;
    const stopTimer = startTimer(ms, () => {
      stopListening();
      resolve();
    });
    if (signal === undefined) return;
    stopListening = onAbort(signal, () => {
      stopTimer();
      resolve();
    });
  });
}

/**
 * The one race of work against an end. `arm` starts whatever may end the waiting and returns what stops that; it may end it at once. After the first
 * of the two nothing is left behind: no timer, no listener.
 */
function race<T, E>(work: Promise<T>, arm: (end: () => void) => () => void, instead: () => E): Promise<T | E> {
  return new Promise<T | E>((resolve, reject) => {
    let over = false;
    let disarm = nothing;
    const finish = (settle: () => void) => {
      if (over) return;
      over = true;
      disarm();
      settle();
    };
    disarm = arm(() =>
      finish(() => {
        try {
          resolve(instead());
        } catch (error) {
          reject(error);
        }
      }),
    );
    if (over) disarm();
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
  });
}

function startTimer(ms: number, end: () => void): () => void {
  const timer = setTimeout(end, ms);
  return () => clearTimeout(timer);
}

/** A timer that fires so many milliseconds late shows that this process stood still. */
const STALL_MS = 5;

/**
 * Calls `end` when the time is over. When this process stood still (a machine that was paused, a log that nobody read), timers run before what came
 * meanwhile is read: then sockets are looked at once more, since an answer that is there was not late.
 */
function startLimit(ms: number, end: () => void): () => void {
  let stopped = false;
  const endsAt = performance.now() + ms;
  const timer = setTimeout(() => {
    if (performance.now() - endsAt <= STALL_MS) return end();
    // Not cleared: clearing an immediate after another one has thrown makes Node 24 loop for ever over its queue of immediates.
    setImmediate(() => {
      if (!stopped) end();
    });
  }, ms);
  return () => {
    clearTimeout(timer);
    stopped = true;
  };
}

function nothing(): void {
  // Nothing was started, so nothing is to be stopped.
}

/** Ends a piece of work that is not done: when its time is over, when its caller's signal is aborted, or by `end`. */
export interface Deadline extends Disposable {
  /** Aborted at the end. Its reason: that of {@link DeadlineOptions.reason}, the caller's, or that given to `end`. */
  readonly signal: Cancellation;
  /** True when the time was over before anything else ended it. */
  readonly passed: boolean;
  /** Milliseconds that are left, never negative. */
  remainingMs(): number;
  /** Ends the work now; the first end holds. */
  end(reason?: unknown): void;
  /** Stops the timer and no longer follows the caller. The signal stays as it is. */
  [Symbol.dispose](): void;
}

/** Options of {@link startDeadline}. */
export interface DeadlineOptions {
  /** The caller's own cancellation. */
  readonly signal?: Cancellation | undefined;
  /** Makes the signal's reason when the time is over; without it a {@link DeadlineError}. */
  readonly reason?: () => unknown;
  /** A clock in milliseconds for `remainingMs`; by default a monotonic one. The timer holds even when this clock is wrong. */
  readonly now?: () => number;
}

/** Starts one. Dispose it, or its timer keeps running until the time is over. */
export function startDeadline(deadlineMs: number, options: DeadlineOptions = {}): Deadline {
  const { signal, reason = () => new DeadlineError(deadlineMs), now = monotonicMs } = options;
  const startedAt = now();
  const end = createCanceller(signal);
  let passed = false;
  const pass = () => {
    if (end.signal.aborted) return;
    passed = true;
    end.abort(reason());
  };
  // A caller that has given up already needs no timer.
  const stopTimer = end.signal.aborted ? undefined : startLimit(deadlineMs, pass);
  return {
    signal: end.signal,
    get passed() {
      return passed;
    },
    remainingMs: () => Math.min(deadlineMs, Math.max(0, deadlineMs - (now() - startedAt))),
    end: (why) => end.abort(why),
    [Symbol.dispose]() {
      stopTimer?.();
      end[Symbol.dispose]();
    },
  };
}

const monotonicMs = () => performance.now();
