import type { TransactionDeadlines } from '@vratny/client';

/** Bounds of the LMTP client, each with its reason. */

/**
 * Connections to one server from one process, when nobody says otherwise. Dovecot runs a process for each, and its
 * default is at most 100 processes.
 */
export const CONNECTIONS_MAX = 16;

/** Deliveries and questions that wait for a connection to one server. More would not get one before their deadline. */
export const WAITING_MAX = 2_000;

/** Copies of one message in one transaction: RFC 5321 §4.5.3.1.8, what every server takes. */
export const RECIPIENTS_MAX = 100;

/** Transactions of one message at once: it is read from the spool once for each. */
export const TRANSACTIONS_AT_ONCE = 4;

/** Milliseconds for which an answer about a mailbox is kept. */
export const ANSWER_KEPT_MS = 30_000;

/** Answers kept; the oldest is forgotten. About 300 octets each. */
export const ANSWERS_MAX = 10_000;

/**
 * Milliseconds after which a connection is closed at the end of its transaction, so that new settings of the server and
 * new addresses of its name take effect.
 */
export const CONNECTION_AGE_MS = 300_000;

/** Milliseconds for which a server that failed is tried after the others. */
export const SUSPECT_MS = 5_000;

/** Milliseconds that `close` waits for running transactions. */
export const CLOSE_MS = 5_000;

/** Milliseconds that reading the spool may take after all other deadlines have passed. */
export const SPOOL_GRACE_MS = 500;

/** Deadline of each step in milliseconds. The signal of the request bounds all steps together. */
export interface Deadlines extends TransactionDeadlines {
  /** Waiting for a free connection. Short enough to try another server within the time after the final dot. */
  readonly queueMs: number;
  /** TCP handshake. It takes milliseconds within a site; a host that is off does not answer. */
  readonly connectMs: number;
  /** Greeting and LHLO together. */
  readonly greetingMs: number;
  /** A question about a mailbox, with all servers that are tried. A client waits meanwhile for its reply to RCPT. */
  readonly askMs: number;
  /** Time for which an unused connection stays open. Dovecot closes it after 5 minutes. */
  readonly idleMs: number;
}

/** The defaults. */
export const DEADLINES: Deadlines = {
  queueMs: 10_000,
  connectMs: 5_000,
  greetingMs: 10_000,
  commandMs: 30_000,
  writeMs: 30_000,
  storeMs: 110_000,
  askMs: 10_000,
  // Below the server's DELIVERY_GRACE_MS.
  endingGraceMs: 3_000,
  idleMs: 30_000,
};
