/** Bounds of a session, each with its reason. Times in milliseconds. */

/**
 * RFC 5321 §4.5.3.2.7: a server waits at least 5 minutes for the next command; the same for each piece of a message.
 */
export const COMMAND_MS = 5 * 60_000;

/** A whole session; senders with more to say come back. */
export const SESSION_MS = 60 * 60_000;

/**
 * A message may take so long, and one second more for each {@link MESSAGE_BYTES_PER_SECOND}: slower is no mail server.
 */
export const MESSAGE_MS = 10 * 60_000;

/** The slowest line we wait for. */
export const MESSAGE_BYTES_PER_SECOND = 4 * 1024;

/**
 * What is still being found about the sender of a refusal is waited for so long after the reply: SPF and DKIM of a
 * domain whose servers answer take less.
 */
export const EVIDENCE_MS = 10_000;

/**
 * Refusals for which that is done at the same time when their clients have gone; of others it is not known who the
 * sender is.
 */
export const EVIDENCE_MAX = 200;

/** Such a message is kept meanwhile, if it has no more octets: nearly all spam has fewer. */
export const EVIDENCE_CONTENT_MAX_BYTES = 1024 * 1024;

/**
 * Everything after the final dot: checks and delivery. RFC 5321 §4.5.3.2.6 has clients wait 10 minutes, many wait less.
 */
export const AFTER_DOT_MS = 120_000;

/** Commands without progress (NOOP, RSET, VRFY, a MAIL that is refused) in one session, as Postfix counts them. */
export const JUNK_COMMANDS_MAX = 100;

/**
 * A chunk of BDAT below it that is not the last counts as a command without progress: a message of one-octet chunks is
 * a reply for each octet.
 */
export const SMALL_CHUNK_BYTES = 512;

/** Errors of grammar or order in one session. */
export const PROTOCOL_ERRORS_MAX = 20;

/**
 * Recipients of one session that were delayed, refused or one too many: large lists are sent in one go, so it is far
 * above a list's size.
 */
export const RECIPIENTS_IN_VAIN_MAX = 1000;

/**
 * Commands that a session may still say when it has passed a bound and recipients of its transaction were accepted:
 * their message is delivered first. Nothing is asked for them, and a large list is named in one go.
 */
export const COMMANDS_BEYOND_BOUNDS_MAX = 10_000;

/**
 * A message is read up to so many times the largest size, so that its sender gets the reply; then the connection is
 * closed.
 */
export const OVERSIZE_FACTOR = 2;

/** A reply that the client does not read is waited for so long. */
export const REPLY_DRAIN_MS = 60_000;

/** Messages in one session. */
export const MESSAGES_MAX = 1000;

/**
 * A client that was told to go when the server goes down gets so long to read that: then it is cut off, however silent
 * it is.
 */
export const CUT_OFF_MS = 800;

/** When the server goes down, a transaction that is not at its message yet gets so long between two commands. */
export const DRAIN_IDLE_MS = 5_000;

/** A client that was not admitted has so long to read the reply and to close its side. */
export const TURN_AWAY_MS = 2_000;

/**
 * Clients that were not let in and have not gone yet: beyond it the oldest is cut off. Its reply is with the kernel by
 * then.
 */
export const TURNED_AWAY_MAX = 256;

/**
 * The first refusal of an address is a journal line at once, the others are one line with their number after so long.
 */
export const REFUSALS_COUNTED_MS = 10_000;

/** Addresses whose refusals are counted apart; those beyond it are counted together. */
export const REFUSALS_COUNTED_MAX = 1_000;

/** After so many processes have ended while they processed one message, it is refused. Fewer may have other causes. */
export const DEATHS_MAX = 3;

/** A message that is to be worked on alone waits for so long until the others are done, and the others for it. */
export const MESSAGE_LOCK_MS = 20_000;

/** On shutdown, running messages may go on for so long. */
export const DRAIN_MS = 60_000;

/** Lines answered before other connections get their turn: a chunk may hold thousands of pipelined ones. */
export const LINES_PER_TURN = 50;

/**
 * What a connection reads ahead while it works on a chunk (of at most 64 KiB): one chunk more, so that the end of a
 * client that is waiting for its reply is seen.
 */
export const READ_AHEAD_BYTES = 128 * 1024;

/** Free space of the spool's disk below which no message is begun, however small it says it is. */
export const SPOOL_ROOM_MIN_BYTES = 1024 * 1024;

/** How long an answer about free space is kept: a system call each second is nothing, one for each MAIL is not. */
export const SPOOL_ROOM_KEPT_MS = 1_000;

/** A file system that does not tell its free space within this time (a network disk) is not waited for. */
export const SPOOL_ROOM_ASK_MS = 1_000;

/**
 * A proxy has so long for its whole PROXY header: the protocol asks for at least 3 s, so that one lost packet costs
 * nothing.
 */
export const PROXY_HEADER_MS = 10_000;

/**
 * The longest PROXY header: addresses take 232 octets at most, and what is known about certificates and names comes
 * behind them.
 */
export const PROXY_HEADER_MAX_BYTES = 4_096;

/** A client that was refused before it had a session gets so long to read why and to close its side. */
export const REFUSED_LINGER_MS = 5_000;

/** A TLS session can be resumed for so long: senders keep theirs for an hour or less (Postfix: 3,600 s). */
export const TLS_SESSION_SECONDS = 3_600;

/**
 * TLS handshakes of a process that have begun and are not finished: each holds some 100 KiB, and an honest one takes
 * two round trips.
 */
export const HANDSHAKES_MAX = 128;

/** A handshake that goes on for longer may be ended when others wait: five slow round trips with a lost packet. */
export const HANDSHAKE_YIELDS_MS = 5_000;
