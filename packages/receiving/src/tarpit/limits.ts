/** Bounds of the tarpit, each with its reason. Times in milliseconds. */

/**
 * Mean delay before each reply: it slows down senders to thousands of addresses, and is far below the time that RFC
 * 5321 §4.5.3.2 has clients wait.
 */
export const DELAY_MS = 5_000;

/**
 * The longest delay that may be set: clients wait 5 minutes for a greeting or a reply (RFC 5321 §4.5.3.2.1 to 3), many
 * only one.
 */
export const DELAY_MAX_MS = 30_000;

/** Largest relative deviation of a delay from the mean, so that the host cannot be recognised by its timing. */
export const JITTER = 0.5;

/**
 * A whole session. A mail server has had its replies to EHLO, HELO and QUIT long before, and goes on to the primary.
 */
export const SESSION_MS = 2 * 60_000;

/** Commands answered in one session: EHLO, STARTTLS, EHLO and a pipelined transaction. The last one gets 421. */
export const COMMANDS_MAX = 20;

/** Octets read in one session. Commands of the length of RFC 5321 §4.5.3.1.4 fit. */
export const OCTETS_MAX = 64 * 1024;

/** Connections at once. */
export const CONNECTIONS_MAX = 20_000;

/** Connections of one address, so that one client cannot use all of them. */
export const CONNECTIONS_PER_IP_MAX = 200;

/** Time for a client to close its side after the last reply. */
export const LINGER_MS = 5_000;

/** Time for clients to close their side at shutdown; then the connections are destroyed. */
export const DRAIN_MS = 800;

/**
 * Interval of the timer that checks all sessions: one timer instead of two for each. Replies are late by at most this.
 */
export const TICK_MS = 250;

/** Octets that a socket buffers: replies are short, and commands are read as they come. */
export const SOCKET_BUFFER_BYTES = 1_024;

/** Characters of a line that are kept to recognise the command: STARTTLS, and one more. */
export const HEAD_MAX = 9;
