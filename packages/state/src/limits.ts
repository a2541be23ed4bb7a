/** Bounds of shared state, each with its reason. Times in milliseconds. */

/**
 * An adapter's own deadline for one round trip. Greylisting passes after it, so it is what a dead store costs a sender.
 */
export const DEADLINE_MS = 250;

/** Octets of a key or name: a reverse path (400), an address (45), and room for what a caller puts around them. */
export const KEY_MAX = 1024;

/** Longest span that is kept: beyond 400 days a date is a mistake, and milliseconds still fit a double exactly. */
export const SPAN_MAX_MS = 400 * 24 * 60 * 60_000;

/**
 * Mailboxes of one ledger entry: a message to everybody in a large house, in as many transactions as its sender likes.
 * Some hundred kilobytes, read and written with each of them.
 */
export const LEDGER_MAILBOXES_MAX = 10_000;

/**
 * A lease that was neither finished nor released is remembered as long as the ledger. Every sending server retries
 * within six hours, and by then it is known whether the store has the copy.
 */
export const LEASE_REMEMBERED_MS = 6 * 60 * 60_000;

/**
 * Greylist entries of one client network, the part of a key after its last space. Those that end first are removed, so
 * that a flood of senders from one network costs some megabytes, and no sender that passed lately.
 */
export const NETWORK_ENTRIES_MAX = 10_000;

/** Entries of one listing: some tens of megabytes. */
export const LIST_MAX = 100_000;

/** Octets of a node's report about itself, as JSON. */
export const NODE_INFO_MAX = 4_096;

/** Nodes that are remembered; those with the oldest beat are removed first. */
export const NODES_MAX = 1_000;

/** A node without a beat for so long is removed; until then its last beat can be read. */
export const NODE_KEPT_MS = 24 * 60 * 60_000;

/**
 * Entries of each kind in memory, the oldest are removed first: about 100 MB, and two days of unknown senders of a busy
 * host.
 */
export const MEMORY_ENTRIES_MAX = 200_000;

/** Milliseconds SQLite waits for a lock while a file is opened. It blocks the event loop meanwhile, so it is short. */
export const BUSY_TIMEOUT_MS = 50;

/**
 * Pause between two attempts at a lock that another process has, in which the event loop runs; a transaction takes less
 * than that.
 */
export const LOCK_RETRY_MS = 2;

/**
 * Operations in one transaction: a few milliseconds of blocked event loop, and of a lock that other processes wait for.
 */
export const BATCH_MAX = 200;

/** Attempts to open a file that another process is just making, and the pause between them: a second in all. */
export const OPENING = { attempts: 40, pauseMs: 25 } as const;

/**
 * Expired rows are taken out so often, and at most so many of each kind at once: a millisecond or two of blocked event
 * loop.
 */
export const PURGE_EVERY_MS = 10_000;
export const PURGE_ROWS_MAX = 500;

/**
 * Redis keeps an entry this much longer than it counts. Entries end by the caller's clock; this only keeps Redis from
 * forgetting one early when the clocks of two nodes differ.
 */
export const REDIS_SLACK_MS = 60_000;

/** Opening waits so long for the first connection, then goes on without: mail must flow while Redis is away. */
export const REDIS_OPEN_MS = 1_000;

/** Between two attempts to connect again: growing to this, so that a server that is back is found within a second. */
export const REDIS_RETRY_MAX_MS = 500;

/**
 * A TCP or TLS connection that is not there after this is given up; a node is near, so a second means that it is away.
 */
export const REDIS_CONNECT_MS = 1_000;

/** Keys looked at in one step of a listing, and how long the whole walk may take: it is a person who waits. */
export const REDIS_SCAN_COUNT = 500;
export const REDIS_SCAN_MS = 30_000;

/** Servers named in one URL. */
export const REDIS_NODES_MAX = 100;
