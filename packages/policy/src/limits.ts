/** Bounds of facts, each with its reason. Times in milliseconds. */

/** DNS look-ups of one fact; below the shortest time clients wait for a reply to RCPT (RFC 5321 §4.5.3.2.3: 5 minutes), with room for several facts in turn. */
export const DNS_FACT_MS = 10_000;

/** The directory is near: what takes longer is out of order. */
export const DIRECTORY_FACT_MS = 5_000;

/** Asking the store, or counting a Maildir of some hundred thousand files. */
export const STORE_FACT_MS = 10_000;

/** Reading the header section of a spooled message. */
export const HEADER_FACT_MS = 10_000;

/** Hops that a message may have made. RFC 5321 §6.3 asks for at least 100. */
export const RECEIVED_MAX = 100;

/** All DNS lists together; the lists' own deadline is shorter. */
export const DNSBL_FACT_MS = 8_000;

/** RFC 7208 §4.6.4: at least 20 seconds for a whole evaluation. */
export const SPF_FACT_MS = 21_000;

/** DKIM, ARC and DMARC only make header lines: the message does not wait longer for them. */
export const AUTHENTICATION_FACT_MS = 15_000;

/** Characters of a domain owner's words about an SPF fail that go into reply and trace: a TXT record has up to 64 KiB. */
export const SPF_EXPLANATION_MAX = 200;

/** DKIM signatures of one message. Real ones carry up to four; each costs a look-up and an RSA operation, and may cost a hash of the whole body. */
export const DKIM_SIGNATURES_MAX = 10;

/** Shared state that takes longer is away: greylisting then lets mail by (DESIGN, "Faults"). */
export const GREYLIST_FACT_MS = 250;

/** A virus or spam scanner, and the names in archives: within the time after the final dot. */
export const SCAN_FACT_MS = 110_000;

/** Parts of one message that are looked into as archives, one after the other. */
export const ARCHIVED_PARTS_MAX = 500;

/** The archive reader's crashes with one message, after which it is refused. */
export const CRASHES_MAX = 3;

/** Crashes are remembered for so long: longer than senders wait between attempts. */
export const CRASHES_KEPT_MS = 24 * 60 * 60_000;

/** Members of archives that the fact keeps for people who ask why (`mxctl explain`): what one reads, not what decides. */
export const LOOKED_MEMBERS_MAX = 2_000;

/** Names that are judged before other work of the process gets its turn: some milliseconds. */
export const NAMES_PER_TURN = 500;
