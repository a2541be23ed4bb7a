import type { TransactionDeadlines } from '@vratny/client';

/** Bounds of the LMTP client, each with its reason. */

/** Connections to one server from one process, when nobody says otherwise. Dovecot runs a process for each, and its default is at most 100 processes. */
export const CONNECTIONS_MAX = 16;

/** Deliveries and questions that wait for a connection to one server: more would only wait beyond their deadline. */
export const WAITING_MAX = 2_000;

/** Copies of one message in one transaction: RFC 5321 §4.5.3.1.8, what every server takes. */
export const RECIPIENTS_MAX = 100;

/** Transactions of one message at once: it is read from the spool once for each. */
export const TRANSACTIONS_AT_ONCE = 4;

/** Milliseconds an answer about a mailbox is believed. */
export const ANSWER_KEPT_MS = 30_000;

/** Answers kept; the oldest is forgotten. About 300 octets each. */
export const ANSWERS_MAX = 10_000;

/** Milliseconds after which a connection is closed when its transaction has ended: new settings of the server and new addresses of its name take hold. */
export const CONNECTION_AGE_MS = 300_000;

/** Milliseconds a server that could not be reached is tried last. */
export const SUSPECT_MS = 5_000;

/** Milliseconds that `close` waits for running transactions. */
export const CLOSE_MS = 5_000;

/** Milliseconds that a spool may take to answer after everything else is over. */
export const SPOOL_GRACE_MS = 500;

/** How long each step may take, in milliseconds. The budget of the whole is the request's signal. */
export interface Deadlines extends TransactionDeadlines {
  /** A free connection. Short enough that another server can be tried within the budget after the dot. */
  readonly queueMs: number;
  /** TCP's handshake. Within a site it takes milliseconds; a host that is off does not answer at all. */
  readonly connectMs: number;
  /** Greeting and LHLO: a server may look something up before it greets. */
  readonly greetingMs: number;
  /** A whole question about a mailbox, all servers included: a client waits for its reply to RCPT. */
  readonly askMs: number;
  /** An unused connection. Below the 5 minutes after which Dovecot closes it. */
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
