import { AFTER_DOT_MS } from '@vratny/server';

/** Bounds of an MX host's deliveries, each with its reason. Times in milliseconds. */

/** A store that was told to stop gets so long to say what it stored; what it does not say counts as not stored. */
export const DELIVERY_GRACE_MS = 5_000;

/**
 * Shared state that takes longer is away: the delivery goes on without ledger and lease. It is asked twice before a reply and
 * at most twice around it, so that a state that is away costs a message a second at most.
 */
export const STATE_MS = 250;

/** An attempt holds its lease for the whole time after the final dot, the store's grace, and {@link STATE_MS} three times: it never outlives it. */
export const LEASE_MS = AFTER_DOT_MS + DELIVERY_GRACE_MS + 1_000;

/**
 * A message whose earlier attempt still runs is looked at again until this is over. Senders split large lists into transactions that run at once
 * (Postfix: 50 recipients each), and each but one would otherwise be put off by the sender's queue, for minutes. A retry that meets a slow store
 * gains nothing by waiting longer.
 */
export const BUSY_WAIT_MS = 3_000;

/** Between two looks, growing to the second by half each time: a dozen round trips at most for a message that waits. */
export const BUSY_PAUSE_MS = 25;
export const BUSY_PAUSE_MAX_MS = 250;

/**
 * Mailboxes of one transaction, behind all its recipients: what can be delivered after the dot, and a small part of what the ledger holds of a
 * message. One recipient alone leads to 500 at most (the directory's bound), so that nobody is too large for a transaction of its own.
 */
export const TRANSACTION_MAILBOXES_MAX = 1_000;

/** Messages of one sender that ended differently and are looked at before it is narrowed; with more of them it is, without looking. */
export const UNSETTLED_READ_MAX = 50;

/** A lease that state may hold without having said so is given back after these pauses, in turn: a hiccup, a restart, a fail-over. */
export const RELEASE_AGAIN_MS: readonly number[] = [1_000, 5_000, 25_000];

/** Such leases at once; each is a timer and two short texts. Those beyond it end by themselves. */
export const RELEASES_LATE_MAX = 2_000;

/** Who has a message is remembered for so long; it begins anew with each attempt, and senders wait an hour or so at most between two. */
export const LEDGER_MS = 6 * 60 * 60_000;

/** Mailboxes of one session whose 250 may not have been read. Each costs some hundred octets; beyond it the ledger's own time does the rest. */
export const UNREAD_MAX = 2_000;

/** The register is told what was stored before the client is answered, unless it takes longer than this. */
export const USAGE_MS = 2_000;
