/** Bounds of facts, each with its reason. Times in milliseconds. */

/**
 * DNS look-ups of one fact; below the shortest time clients wait for a reply to RCPT (RFC 5321 §4.5.3.2.3: 5 minutes),
 * with room for several facts in turn.
 */
export const DNS_FACT_MS = 10_000;

/** A directory lookup. The directory is in the site; longer means that it is down. */
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

/** An evaluation beyond this is `temperror`: a result with its reason, before the fact's own deadline. */
export const SPF_EVALUATION_MS = SPF_FACT_MS - 1_000;

/** RFC 7208 §4.6.4: terms that ask DNS, and questions that find nothing. */
export const SPF_LOOKUPS_MAX = 10;
export const SPF_VOID_MAX = 2;

/**
 * RFC 7208 §3.4 asks for 450 octets; the longest records in use have some 4,000. A macro may make 255 characters of
 * four.
 */
export const SPF_RECORD_MAX_CHARS = 8 * 1024;

/** DKIM, ARC and DMARC only produce header lines: the message does not wait longer for them. */
export const AUTHENTICATION_FACT_MS = 15_000;

/** Characters of the explanation of an SPF fail in reply and trace: a TXT record has up to 64 KiB. */
export const SPF_EXPLANATION_MAX = 200;

/**
 * DKIM signatures of one message. Real ones carry up to four; each costs a look-up and an RSA operation, and may cost a
 * hash of the whole body.
 */
export const DKIM_SIGNATURES_MAX = 10;

/** Shared state that takes longer is unavailable: greylisting then passes. */
export const GREYLIST_FACT_MS = 250;

/** A virus or spam scanner, and the names in archives: within the time after the final dot. */
export const SCAN_FACT_MS = 110_000;

/** Crashes of the archive reader with one message, after which it is refused. */
export const CRASHES_MAX = 3;

/** Crashes are remembered for so long: longer than senders wait between attempts. */
export const CRASHES_KEPT_MS = 24 * 60 * 60_000;

/** Scans of one message that took too long, after which it is refused. */
export const LONG_SCANS_MAX = 3;

/**
 * Only one of them is counted within so many milliseconds: the third comes more than five minutes after the first, so
 * that a short disturbance does not count three times.
 */
export const LONG_SCANS_APART_MS = 150_000;

/** They are remembered for so long: longer than senders wait between attempts. */
export const LONG_SCANS_KEPT_MS = 24 * 60 * 60_000;

/** Members of archives that the fact keeps for explanations (`mxctl explain`). */
export const INSPECTED_MEMBERS_MAX = 2_000;

/**
 * Characters of names that are judged before other work of the process gets its turn: at most 10 ms where each has to
 * be decoded.
 */
export const NAME_CHARS_PER_TURN = 20_000;

/** Fixed cost of a name, in characters. */
export const NAME_COST_CHARS = 40;

/** Octets of the header that are split into rows before other work gets its turn. */
export const HEADER_TURN_BYTES = 64 * 1024;

/**
 * A DKIM-Signature or ARC field. Real ones stay below 4 KiB; mailauth needs time with the square of some things in it.
 */
export const SIGNATURE_FIELD_MAX_BYTES = 16 * 1024;

/** All DKIM-Signature fields, or all ARC fields: they are read in one turn. An ARC chain of 30 sets. */
export const SIGNATURE_FIELDS_MAX_BYTES = 96 * 1024;

/** Tags of one of them: DKIM has 14, and an ARC-Authentication-Results one for each method. */
export const SIGNATURE_TAGS_MAX = 128;

/** White space in one run of a signature: a fold has less than 80 octets. */
export const SIGNATURE_WHITE_SPACE_MAX = 256;

/** Octets outside ASCII in a signature: an internationalised domain and local part (RFC 8616), with room. */
export const SIGNATURE_NON_ASCII_MAX = 512;

/** Names in `h=`: signers that name each field twice have some 60; each is looked for among all fields. */
export const SIGNED_NAMES_MAX = 200;

/** Fields that one signature covers, canonicalised in one turn: a list of 4,000 addresses. */
export const SIGNED_FIELDS_MAX_BYTES = 128 * 1024;

/** RFC 1035 §2.3.4, and a dot. */
export const DOMAIN_MAX_CHARS = 254;

/** The From fields together: some hundred authors. */
export const AUTHOR_FIELDS_MAX_BYTES = 16 * 1024;

/** One author's address: 64 octets, a sign and 255 (RFC 5321 §4.5.3.1), with room for what is quoted. */
export const AUTHOR_ADDRESS_MAX_CHARS = 512;

/** Results of SPF, and of DMARC, that are kept: one for each domain and client of a busy day. */
export const KEPT_RESULTS_MAX = 20_000;

/** Characters of strangers' names and texts in them: some 8 MB. */
export const KEPT_RESULTS_CHARS_MAX = 4 * 1024 * 1024;

/**
 * Hosts that the world was seen to have left delay mail for so long before they refuse it, in milliseconds: a sender
 * that holds an address for days, past every TTL, comes to the new ones meanwhile.
 */
export const LEFT_DELAY_MS = 72 * 3_600_000;
