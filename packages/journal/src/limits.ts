/** Octets that may wait for a slow reader of the journal before lines are dropped: some 10,000 decisions. */
export const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;

/** Milliseconds in which lines are gathered for one write: less than anybody who watches notices, and all that a killed process loses of them. */
export const GATHER_MS = 5;

/** Characters that are written at once, however little time has passed: what a pipe takes. */
export const GATHER_BYTES = 64 * 1024;

/** Characters of one text in a line: a reply with room to spare (RFC 5321 §4.5.3.1.5 bounds a reply line at 512 octets). */
export const TEXT_MAX = 600;

/** Entries of one list in a line: all recipients of the largest transaction that RFC 5321 §4.5.3.1.8 makes us take. */
export const LIST_MAX = 100;

/** How long closing waits for a slow reader, so that a stuck log collector never holds up a shutdown. */
export const CLOSE_DEADLINE_MS = 2_000;

/** Events that the in-memory journal keeps: enough for any test, small enough for a forgotten one. */
export const MEMORY_EVENTS_MAX = 100_000;

/** Kinds of faults that are counted apart at one time; those beyond it are counted by their origin. */
export const FAULT_KINDS_MAX = 200;
