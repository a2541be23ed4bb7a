import { type Cancellation, createCanceller } from './cancellation.ts';
import { DeadlineError, startLimit } from './until.ts';

/** How a piece of work ends when nothing comes of it: its time is over, its caller gives up, or somebody ends it. */
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

/** What a deadline may depend on besides its length. */
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
