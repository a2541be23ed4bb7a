/** Bounds of this package, each with its reason. */

/** Servers of one scanner: each may cost a whole deadline, and the session has one budget for all. */
export const SERVERS_MAX = 8;

/** How long a server that failed is asked last, in milliseconds: one message pays for a dead server, not every one. */
export const SERVER_DEMOTION_MS = 30_000;

/** From the call to an open connection. Daemons stand near; a busy one accepts within its listen queue. */
export const CONNECT_MS = 3_000;

/** Scans that may wait for their turn. Each holds a session; above this the node is overloaded and says so at once. */
export const WAITING_MAX = 1_000;

/**
 * How long a scan may wait for its turn, in milliseconds: a quarter of what a session has after the final dot (120 s).
 */
export const WAITING_MS = 30_000;

/**
 * clamd scans with 10 threads (`MaxThreads`); more connections would only wait there, holding a temporary file each.
 */
export const CLAMD_AT_ONCE = 10;

/**
 * One scan by clamd, in milliseconds, whatever its size. Covers a start of the engine that blocks scans (a reload where
 * `ConcurrentDatabaseReload` is off takes 10 to 20 s with the official signatures).
 */
export const CLAMD_SCAN_MS = 30_000;

/**
 * More for each MiB, in milliseconds: 100 MiB get 70 s. clamd does 20 to 70 MiB a second (measured), a loaded one a
 * tenth of it.
 */
export const CLAMD_SCAN_MS_PER_MIB = 400;

/**
 * clamd receives all streams in one thread; when it takes nothing at all for so long, in milliseconds, it has stopped.
 */
export const CLAMD_STALL_MS = 20_000;

/**
 * After its reply clamd closes the connection at once; a daemon that does not, within so many milliseconds, is not
 * understood.
 */
export const CLAMD_CLOSE_MS = 3_000;

/**
 * A harmless message by a clamd that has nothing else to do, in milliseconds, whatever its size: some milliseconds of
 * work. With what is given for each MiB it is the slowest that was measured; a clamd that needs longer has too much to
 * do, and no message is blamed for it.
 */
export const CLAMD_HARMLESS_MS = 1_000;

/** More for each MiB, in milliseconds: 20 MiB a second. */
export const CLAMD_HARMLESS_MS_PER_MIB = 50;

/** Octets of clamd's reply: `stream: ` and a signature's name. Real ones have up to 120. */
export const CLAMD_REPLY_MAX = 1024;

/** Characters of a signature's name that we repeat in replies and logs. */
export const SIGNATURE_MAX = 256;

/**
 * clamd's `MaxRecursion` can be at most 100 (clamd.conf(5)): an archive nested deeper exceeds it in every
 * configuration.
 */
export const NESTING_BEYOND_ANY_LIMIT = 101;

/**
 * How many times a message's size clamd may look at: the text itself, its parts decoded, and what is unpacked from
 * them.
 */
export const SCAN_SIZE_FACTOR = 4;

/** rspamd works in one process per core and answers most mail in a tenth of a second. */
export const RSPAMD_AT_ONCE = 20;

/**
 * One message in rspamd, in milliseconds, whatever its size: above the 15 s of `task_timeout` in the configuration that
 * we ship.
 */
export const RSPAMD_JUDGE_MS = 20_000;

/** More for each MiB, in milliseconds. rspamd takes 0.1 s for each MiB of plain text (measured). */
export const RSPAMD_JUDGE_MS_PER_MIB = 1_000;

/** rspamd takes the body as fast as the network; when it takes nothing for so long, in milliseconds, it has stopped. */
export const RSPAMD_STALL_MS = 10_000;

/** Octets of rspamd's answer: a message that hits every rule has some 100 KiB. */
export const RSPAMD_ANSWER_MAX = 256 * 1024;

/** Recipients that rspamd is told (`max_recipients` is 1,024 there, its HTTP parser takes 80 KiB of header). */
export const RSPAMD_RECIPIENTS_MAX = 100;

/** Octets of one header's value in a request; an address has at most 320. */
export const HEADER_VALUE_MAX = 512;

/** Rules that are kept of an answer: a header names a dozen, the trace shows the rest. */
export const SYMBOLS_MAX = 200;

/** Characters of a rule's name. */
export const SYMBOL_NAME_MAX = 128;

/** Characters of a daemon's own words in our log lines. */
export const QUOTE_MAX = 120;
