/** Bounds of the LMTP client, each with its reason. */

/** Connections to one server. Dovecot runs a process for each, and its default is at most 100 processes for all of a cluster's nodes. */
export const CONNECTIONS_MAX = 16;

/** Deliveries and questions that wait for a connection to one server: more would only wait beyond their deadline. */
export const WAITING_MAX = 2_000;

/** Copies of one message in one transaction: RFC 5321 §4.5.3.1.8, what every server takes. */
export const RECIPIENTS_MAX = 100;

/** Transactions of one message at once: it is read from the spool once for each. */
export const TRANSACTIONS_AT_ONCE = 4;

/** Octets of one reply line; RFC 5321 §4.5.3.1.5 allows 512, real servers exceed it with long addresses. */
export const REPLY_LINE_BYTES = 2_048;

/** Lines of one reply; LHLO answers with some ten. */
export const REPLY_LINES_MAX = 64;

/** Octets of message written at once; a small message is one write. */
export const WRITE_BYTES = 64 * 1024;

/** Octets of an address with quotes; see PATH_MAX of the SMTP side, with room for quoting. */
export const ADDRESS_BYTES_MAX = 1_024;

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

/** Milliseconds between QUIT and the server's closing; nothing depends on it. */
export const QUIT_MS = 1_000;

/** Milliseconds that a spool may take to answer after everything else is over. */
export const SPOOL_GRACE_MS = 500;

/** How long each step may take, in milliseconds. The budget of the whole is the consignment's signal. */
export interface Deadlines {
  /** A free connection. Short enough that another server can be tried within the budget after the dot. */
  readonly queueMs: number;
  /** TCP's handshake. Within a site it takes milliseconds; a host that is off does not answer at all. */
  readonly connectMs: number;
  /** Greeting and LHLO: a server may look something up before it greets. */
  readonly greetingMs: number;
  /** The replies to MAIL, RCPT and DATA: each looks into a directory and a mailbox. */
  readonly commandMs: number;
  /** One write that the server does not read. */
  readonly writeMs: number;
  /** From the final dot to the last reply: copies to all recipients and their fsync. */
  readonly storeMs: number;
  /** A whole question about a mailbox, all servers included: a client waits for its reply to RCPT. */
  readonly askMs: number;
  /** From the end of the consignment's signal to the answer that is still awaited after the final dot. Below the server's DELIVERY_GRACE_MS. */
  readonly endingGraceMs: number;
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
  endingGraceMs: 3_000,
  idleMs: 30_000,
};
