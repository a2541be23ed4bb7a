/** Bounds of the tests' own waiting, in milliseconds: generous, because nothing is shown by how long they are. */

/** From starting a program to its `listening on` line. */
export const START_MS = 60_000;

/** A condition that is polled for. */
export const CONDITION_MS = 60_000;

/** Between two looks at a condition. */
export const POLL_MS = 25;

/** A short-lived program: a wrong configuration, `postfix stop`. */
export const RUN_MS = 30_000;
