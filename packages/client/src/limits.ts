/** Bounds of a conversation, each with its reason. */

/** Octets of one reply line; RFC 5321 §4.5.3.1.5 allows 512, real servers exceed it with long addresses. */
export const REPLY_LINE_BYTES = 2_048;

/** Lines of one reply; EHLO and LHLO are answered with some ten. */
export const REPLY_LINES_MAX = 64;

/** Octets of message written at once; a small message is one write. */
export const WRITE_BYTES = 64 * 1024;

/** Octets of an address with quotes; see PATH_MAX of the SMTP side, with room for quoting. */
export const ADDRESS_BYTES_MAX = 1_024;

/** Milliseconds between QUIT and the server's closing; nothing depends on it. */
export const QUIT_MS = 1_000;
