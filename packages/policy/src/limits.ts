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

/** The archive reader's crashes with one message, after which it is refused. */
export const CRASHES_MAX = 3;

/** Crashes are remembered for so long: longer than senders wait between attempts. */
export const CRASHES_KEPT_MS = 24 * 60 * 60_000;

/** Scans of one message that took too long, after which it is refused. */
export const LONG_SCANS_MAX = 3;

/** Only one of them counts within so many milliseconds: the third comes more than five minutes after the first, and no short trouble is three. */
export const LONG_SCANS_APART_MS = 150_000;

/** They are remembered for so long: longer than senders wait between attempts. */
export const LONG_SCANS_KEPT_MS = 24 * 60 * 60_000;

/** Members of archives that the fact keeps for people who ask why (`mxctl explain`): what one reads, not what decides. */
export const LOOKED_MEMBERS_MAX = 2_000;

/** Characters of names that are judged before other work of the process gets its turn: at most 10 ms where each has to be decoded. */
export const NAME_CHARS_PER_TURN = 20_000;

/** What a name costs besides its length, in characters. */
export const NAME_COST_CHARS = 40;
