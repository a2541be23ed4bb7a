/** Bounds of the processes, each with its reason. Times in milliseconds. */

/** How often the primary hears of changed connection counts. */
export const REPORT_MS = 100;

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

/** Clients that wait in the primary while no worker serves: above it they are turned away. */
export const WAITING_MAX = 1_000;

/** Clients on their way to one worker: more come in than it can take, and those in excess had better ask another node. */
export const UNDER_WAY_MAX = 1_000;

/** A scanner that did not pass its check is tried once more after so long: it may be busy with the checks of others, or starting with us. */
export const CHECK_AGAIN_MS = 5_000;

/** What OpenSSL takes: a name, a key for the MAC and one for the cipher. */
export const TICKET_KEY_BYTES = 48;

/** A session ticket key is used for so long: RFC 9325 §4.1.1 has them replaced regularly, at the latest after a week. */
export const TICKET_KEY_MS = 12 * 60 * 60_000;

/** How often certificates that run out are told. */
export const EXPIRY_LOOK_MS = 24 * 60 * 60_000;

/** A certificate that runs out within this time should have been renewed: ACME clients do so a month before. */
export const EXPIRY_NOTICE_MS = 14 * 24 * 60 * 60_000;
