/** Protocol limits, in octets unless a name says otherwise. Every one bounds a buffer or a list. */

/** RFC 5321 §4.5.3.1.5 asks for 512 for a reply line with CRLF; longer texts are cut there. */
export const REPLY_LINE_MAX = 512;

/**
 * Characters of a receipt at the end of a reply: an id and the panel's address, with half of the line left for the
 * reply itself.
 */
export const RECEIPT_MAX = 256;

/**
 * Characters of a foreign text that are read as a reply: a few lines of RFC 5321 §4.5.3.1.5; no more reaches the wire
 * anyway.
 */
export const OBJECTION_TEXT_MAX = 4096;

/**
 * RFC 5321 §4.5.3.1.4 asks for 512 with CRLF; SIZE, BODY, SMTPUTF8 and PRDR add to it (RFC 1870 §3, 6152 §2, 6531
 * §3.4). Longer is 500 5.5.2.
 */
export const COMMAND_LINE_MAX = 2048;

/**
 * RFC 5321 §4.5.3.1.1 asks for 64. Mailing lists (VERP) and forwarders (SRS) exceed it by far, since they put other
 * addresses into it.
 */
export const LOCAL_PART_MAX = 256;

/** RFC 1035 §2.3.4, without the final dot. */
export const DOMAIN_MAX = 253;

/** RFC 5321 §4.5.3.1.3 asks for 256; room for the longer local part. */
export const PATH_MAX = 540;

/** ESMTP parameters of one command; a client needs three. */
export const PARAMETERS_MAX = 16;

/** HELO names: a domain or an address literal, with slack for what real clients send. */
export const HELO_MAX = 300;
