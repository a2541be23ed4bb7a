/** Bounds of the processes, each with its reason. Times in milliseconds. */

/** How often a worker says that it lives. */
export const BEAT_MS = 1_000;

/** A worker that has said nothing for so many beats hangs, and is replaced: no work of ours holds the event loop for a tenth of that. */
export const SILENT_BEATS = 10;

/** A look at the workers that is so late says that the primary itself did not run. */
export const LATE_MS = 1_500;

/** Messages that workers died of are remembered for so long. */
export const DEATHS_KEPT_MS = 24 * 60 * 60_000;

/** So many of them; beyond it the oldest is forgotten. */
export const DEATHS_KEPT_MAX = 1_000;

/** Shared state that does not answer within this time is not waited for: a host's own count stands. */
export const STATE_MS = 250;

/** What a worker took or gives back is told after so long, all in one message. */
export const TELL_MS = 5;

/** A worker that asks for its share of a limit waits for so long: then its client is told to come later. */
export const ASK_MS = 10_000;

/** Connections that the kernel keeps until a worker takes them; it has a bound of its own (net.core.somaxconn). */
export const BACKLOG = 4_096;

/** Descriptors that a worker keeps for its own work (files, stores, look-ups, readers), as a part of all, and at least so many. */
export const RESERVED_PART = 0.25;
export const RESERVED_MIN = 32;

/** How often a process looks whether it has a descriptor left; an open and a close of /dev/null. */
export const EXHAUSTION_LOOK_MS = 1_000;

/** Faults of one kind are one line at once, and then one after so long, with their number. */
export const FAULTS_COUNTED_MS = 60_000;

/** A worker that dies is replaced after so long, doubled each time it dies young. */
export const RESTART_MS = 100;

/** The longest wait before a worker is replaced. */
export const RESTART_MAX_MS = 5_000;

/** A worker that lived so long died of something new. */
export const OLD_AGE_MS = 30_000;

/** A worker has so long to open its adapters. */
export const READY_MS = 30_000;

/** A worker that drains ends by itself before this; one that hangs is killed. */
export const STOP_MS = 75_000;

/** A scanner that did not pass its check is tried once more after so long: it may be busy with the checks of others, or starting with us. */
export const CHECK_AGAIN_MS = 5_000;

/** What OpenSSL takes: a name, a key for the MAC and one for the cipher. */
export const TICKET_KEY_BYTES = 48;

/** A session ticket key is used for so long: RFC 9325 §4.1.1 has them replaced regularly, at the latest after a week. */
export const TICKET_KEY_MS = 12 * 60 * 60_000;

/** How often certificates that run out are told. */
export const EXPIRY_LOOK_MS = 24 * 60 * 60_000;

/**
 * Each half of the young generation of a worker's heap (V8, in MiB). With V8's own choice (a multiple of it) 2,000 slow clients in DATA cost 80 to 100 kB
 * each, most of it garbage that nobody collects, and with this 23 kB; the messages a second are the same.
 */
export const YOUNG_SEMI_SPACE_MIB = 16;

/** Milliseconds before the process that writes for the workers is started again: what ended it is seldom gone at once. */
export const WRITER_AGAIN_MS = 5_000;

/** Milliseconds between two lines about a load of the directory's copy that takes long. */
export const LOADING_TOLD_MS = 10_000;

/** Milliseconds in which a worker gathers what it stored, before it tells; and in which the writer does, before it writes. */
export const USAGE_TELL_MS = 250;
export const USAGE_WRITE_MS = 1_000;

/** Mailboxes whose octets wait to be written, at some 200 octets each; the next count of a mailbox makes up for what is dropped. */
export const USAGE_WAITING_MAX = 100_000;

/** Mailboxes whose octets are written in one transaction: others who change the directory wait for it. */
export const USAGE_BATCH = 1_000;

/** Milliseconds before a part of a process that failed is started again, at first and at most: it doubles with each failure in a row. */
export const PART_AGAIN_MS = 1_000;
export const PART_AGAIN_MAX_MS = 60_000;

/** Milliseconds after which a part that runs is well again. */
export const PART_STEADY_MS = 300_000;

/** Milliseconds that the writer has to write what waits when mx ends. */
export const WRITER_END_MS = 3_000;

/** Entries of the history that wait in a worker for the writer, at some 3 kB each; more are dropped and counted. */
export const HISTORY_WAITING_MAX = 5_000;

/** Entries of the history that are stored together. */
export const HISTORY_BATCH = 200;

/** Milliseconds in which entries gather before they are sent. */
export const HISTORY_FLUSH_MS = 250;

/** Milliseconds before a worker looks for the writer again, and before the writer tries again what the store did not take. */
export const HISTORY_AGAIN_MS = 500;

/** Milliseconds that a worker that ends waits for the writer. */
export const HISTORY_CLOSE_MS = 2_000;

/** How often old days are removed. */
export const HISTORY_EXPIRE_MS = 60 * 60_000;

/** Thirteen months: a month can be compared with the same one of the year before. */
export const HISTORY_COUNTS_DAYS = 397;

export const DAY_MS = 24 * 60 * 60_000;

/** Milliseconds between two looks at the DNS of a domain whose mail still comes to a host of an earlier policy. */
export const LOOK_EVERY_MS = 60 * 60_000;

/** Domains of which is remembered when a look was asked for. */
export const LOOK_ASKED_MAX = 100_000;

/** Domains that wait for a look: more will be asked for by later mail. */
export const LOOKS_WAITING_MAX = 1_000;
