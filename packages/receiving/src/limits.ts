import { AFTER_DOT_MS } from '@vratny/server';

/** Bounds of an MX host's deliveries, each with its reason. Times in milliseconds. */

/**
 * Time for a store to report what it stored after it was told to stop. Copies that it does not report count as not
 * stored.
 */
export const DELIVERY_GRACE_MS = 5_000;

/**
 * Shared state that takes longer is unavailable: delivery continues without ledger and lease. It is asked twice before
 * a reply and at most twice around it, so that it costs a message at most one second.
 */
export const STATE_MS = 250;

/**
 * Duration of a lease: the time after the final dot, the grace of the store, and {@link STATE_MS} three times, so that
 * no attempt outlives its lease.
 */
export const LEASE_MS = AFTER_DOT_MS + DELIVERY_GRACE_MS + 1_000;

/**
 * Time for which a message waits for an earlier attempt at it. Senders split large lists into transactions that run at
 * the same time (Postfix: 50 recipients each); without the wait all but one would be deferred for minutes. A retry that
 * meets a slow store gains nothing by waiting longer.
 */
export const BUSY_WAIT_MS = 3_000;

/** Pauses between two checks, each half again as long as the one before: a dozen round trips at most. */
export const BUSY_PAUSE_MS = 25;
export const BUSY_PAUSE_MAX_MS = 250;

/**
 * Mailboxes of all recipients of one transaction: what can be delivered after the final dot, and a small part of what
 * the ledger holds for a message. One recipient leads to 500 mailboxes at most (the directory's bound), so each fits
 * into a transaction of its own.
 */
export const TRANSACTION_MAILBOXES_MAX = 1_000;

/**
 * Messages of one sender with different outcomes that are read to decide whether it gets one recipient at a time; above
 * this number it does without reading.
 */
export const UNSETTLED_READ_MAX = 50;

/**
 * Pauses before the attempts to release a lease that shared state may hold: for a short stall, a restart, a failover.
 */
export const RELEASE_AGAIN_MS: readonly number[] = [1_000, 5_000, 25_000];

/** Such leases at the same time; each is a timer and two short texts. Those beyond it expire. */
export const RELEASES_LATE_MAX = 2_000;

/** Lifetime of a ledger entry, renewed with each attempt. Senders wait an hour or so at most between two. */
export const LEDGER_MS = 6 * 60 * 60_000;

/**
 * Mailboxes of one session whose 250 may not have been read, some hundred octets each. Those beyond it stay in the
 * ledger until they expire.
 */
export const UNREAD_MAX = 2_000;

/** Time to wait for the register before the reply is sent. */
export const USAGE_MS = 2_000;
