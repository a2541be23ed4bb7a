/** Bounds of the tarpit, each with its reason. Times in milliseconds. */

/** Before each reply, on average: slow enough to cost who sends to thousands, and a fraction of what RFC 5321 §4.5.3.2 has clients wait. */
export const DELAY_MS = 5_000;

/** The longest delay that may be set: clients wait 5 minutes for a greeting or a reply (RFC 5321 §4.5.3.2.1 to 3), many only one. */
export const DELAY_MAX_MS = 30_000;

/** Each delay is this part longer or shorter at most, so that nobody can tell the host by its rhythm. */
export const JITTER = 0.5;

/** A whole session. An honest sender has heard EHLO, HELO and QUIT answered long before, and its queue goes on to the primary. */
export const SESSION_MS = 2 * 60_000;

/** Commands answered in one session: EHLO, STARTTLS, EHLO and a pipelined transaction; the last is told to go. */
export const COMMANDS_MAX = 20;

/** Octets read in one session; commands as long as RFC 5321 §4.5.3.1.4 allows fit, who sends more is no mail server. */
export const OCTETS_MAX = 64 * 1024;

/** Connections at once. */
export const CONNECTIONS_MAX = 20_000;

/** Connections of one address: one client cannot have them all. */
export const CONNECTIONS_PER_IP_MAX = 200;

/** A client that was told to go gets so long to close its side. */
export const LINGER_MS = 5_000;

/** On shutdown; there is nothing to finish, and who was told to go and stays is cut off. */
export const DRAIN_MS = 800;

/** How often all visitors are looked at: one timer for all of them instead of two for each. Replies are late by at most this. */
export const TICK_MS = 250;

/** What a socket buffers before it is told to wait, in octets: replies are short, and commands are taken as they come. */
export const SOCKET_BUFFER_BYTES = 1_024;

/** Letters of a line that tell its command: STARTTLS, and one to see where it ends. */
export const HEAD_MAX = 9;
