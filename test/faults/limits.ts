/** Bounds of this suite's own waiting, in milliseconds. */

/** For one reply of mx: above what it may think after the final dot (120 s) nothing comes any more. */
export const REPLY_MS = 130_000;

/** Rounds of retrying until everything has a final reply; a message that needs more is stuck. */
export const DRAIN_ROUNDS_MAX = 40;

/** Between two rounds: a new worker may still be on its way. */
export const DRAIN_PAUSE_MS = 50;

/** For strace to have hold of every thread, or to write its last line. */
export const STRACE_MS = 10_000;
