import type { Cancellation } from './cancellation.ts';

/** A cancellation that tells how many listeners it has, so that a test sees what was left behind. */
export function createCountingSignal() {
  const listeners = new Set<() => void>();
  let aborted = false;
  let reason: unknown;
  const signal: Cancellation = {
    get aborted() {
      return aborted;
    },
    get reason() {
      return reason;
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
  return {
    signal,
    listening: () => listeners.size,
    abort(why: unknown = new Error('stop')) {
      if (aborted) return;
      aborted = true;
      reason = why;
      for (const listener of listeners) listener();
    },
  };
}
