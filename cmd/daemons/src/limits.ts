/** Bounds of other people's programs. Times in milliseconds. */

/** What a program gets between SIGTERM and SIGKILL. */
export const STOP_MS = 15_000;

/** What is kept of a program's output, in characters; more than anybody reads. */
export const OUTPUT_MAX = 8 * 1024 * 1024;

/**
 * A daemon until it serves: rspamd compiles its tables at the first start, clamd reads some hundred megabytes of
 * signatures.
 */
export const DAEMON_START_MS = 90_000;

/** Between two looks whether it serves. */
export const POLL_MS = 25;

/** One question to a daemon whether it is there. */
export const PING_MS = 2_000;

/** How often a daemon that ended by itself is started again: more often it would only hide what is wrong. */
export const RESTARTS_MAX = 1;
