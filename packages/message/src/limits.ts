/** Bounds of this package, each with its reason. Octets unless the name says otherwise. */

/** Up to here a message stays in memory: most mail is smaller, and 1,000 such messages at once still fit into 256 MiB. */
export const MEMORY_MAX_BYTES = 256 * 1024;

/** Largest chunk a reader gets: `Content` promises it, so that a consumer may yield between chunks. */
export const READ_CHUNK_BYTES = 64 * 1024;

/** Writes to the spool's file are gathered into blocks of this size: 1-byte writes must not become system calls. */
export const BLOCK_BYTES = 64 * 1024;

/** The first block of a message in memory; blocks double from here, so a small message does not hold 64 KiB. */
export const FIRST_BLOCK_BYTES = 1024;

/** Header sections are read up to here. Postfix stops at 100 KiB; long recipient lists and ARC chains stay below 1 MiB. What reads all of it in one go takes 25 ms. */
export const HEADER_MAX_BYTES = 2 * 1024 * 1024;

/** Header fields that are read. Real messages have fewer than 300; 10,000 objects are about 2 MiB. */
export const HEADER_MAX_FIELDS = 10_000;

/** Of one header field so many octets become text; what follows is in its range only. */
export const FIELD_TEXT_MAX_BYTES = 64 * 1024;

/** Lines shorter than this on average are cheaper to read octet by octet than with a native search for each (measured). */
export const SHORT_LINE_BYTES = 32;

/** Octets that the walk takes before other work gets its turn: headers that are made to cost take 0.8 s for a MiB (measured), so 15 ms. */
export const WALK_TURN_BYTES = 16 * 1024;

/** MIME parts of one message, embedded files included. The largest digests have some hundreds; 20,000 records are about 20 MiB. */
export const PARTS_MAX = 20_000;

/** Multiparts and messages inside each other. Readers stop between 20 and 100; forwarded mail stays below 15. */
export const DEPTH_MAX = 100;

/** Transfer encodings around each other (an encoded message in an encoded message ...): each one costs a pass over the bytes. */
export const DECODINGS_MAX = 8;

/** Octets that one walk may decode, all layers together: BinHex and nested encodings can grow. 2.5 times the largest message. */
export const DECODED_MAX_BYTES = 256 * 1024 * 1024;

/**
 * Octets that reading all parts may decode, what lies around them too. Parts of one container share one pass; containers in containers cost
 * a pass each, and honest ones stay far below ten passes over the largest message. Some 8 s of work, between other work.
 */
export const PARTS_DECODED_MAX_BYTES = 2048 * 1024 * 1024;

/** Content-* fields that are read in one header section. Real parts have fewer than 10; the rest is reported, never skipped silently. */
export const CONTENT_FIELDS_MAX = 64;

/** Text of all Content-* fields of one header section: it is read in one go, at most some 50 ms (measured). Real parts have less than 4 KiB. */
export const CONTENT_TEXT_MAX_BYTES = 32 * 1024;

/**
 * Text of the Content-* fields of a whole message, each time that it is read: decoding what is made to cost takes up to 0.8 s for a MiB
 * (measured). 20,000 parts with 400 octets each.
 */
export const FIELDS_READ_MAX_BYTES = 8 * 1024 * 1024;

/** `name=`, `filename=` and `boundary=` in one field, RFC 2231 sections included: 64 sections of 70 octets are a name of 4 kB. */
export const PARAMETERS_MAX = 64;

/** Of one parameter value so many characters are read. File systems stop at 255. */
export const VALUE_MAX_CHARS = 4096;

/** Different readings of names that one part may have. An honest part has at most 4; a field with every trick below 60. */
export const PART_NAMES_MAX = 200;

/** Names of one message: twice the parts. */
export const NAMES_MAX = 40_000;

/** Oddities that are kept, one of a kind and part: more say nothing more. */
export const ODDITIES_MAX = 1_000;

/** RFC 2046 §5.1.1 allows 70 characters; some generators use more. Longer ones are reported. */
export const BOUNDARY_MAX_CHARS = 200;

/** A line that may be a delimiter is read up to here: longer than any boundary that is looked for. */
export const DELIMITER_LINE_MAX_BYTES = 1024;

/** A line of text that may begin an embedded file (uuencode, yEnc, BinHex) is looked at up to here. */
export const TEXT_LINE_MAX_BYTES = 4096;

/** The first octets of a decoded body, by which its format is known. */
export const MAGIC_BYTES = 64;

/** Octets that a format reader may ask for at once: a name, a table of entries. */
export const TAKE_MAX_BYTES = 64 * 1024;

/** Records (attributes, properties, entries) that are read of one TNEF, Apple or CMS container. */
export const RECORDS_MAX = 50_000;

/** Containers inside each other of one TNEF or CMS structure. */
export const FORMAT_DEPTH_MAX = 16;

/** Octets that the second view reads, after what is no structure was thinned out: it keeps texts and headers in memory. */
export const SECOND_VIEW_MAX_BYTES = 4 * 1024 * 1024;

/** Lines that the second view reads, 1.5 µs for each (measured). */
export const SECOND_VIEW_MAX_LINES = 30_000;

/** Of a run of lines that no parser can take for structure, so many are shown to the second view. */
export const SECOND_VIEW_RUN_LINES = 32;

/** Of other lines than fields, so many octets are shown to the second view: more than any boundary has. */
export const SECOND_VIEW_TEXT_LINE_MAX_BYTES = 1024;

/** Of a run of white space, so many octets are shown to the second view. */
export const SECOND_VIEW_WHITE_SPACE_MAX = 32;

/** Of one line of a field, so many octets are shown to the second view. */
export const SECOND_VIEW_LINE_MAX_BYTES = 16 * 1024;

/**
 * Octets of Content-* fields in one header that the second view reads: mailparser reads a header in one go, 0.4 s for a MiB of what costs it most
 * (measured). Twice what the walker reads of one.
 */
export const SECOND_VIEW_FIELDS_MAX_BYTES = 64 * 1024;

/** Parts above which the second view is not asked: mailparser itself gives up above 1,000. */
export const SECOND_VIEW_MAX_PARTS = 1_000;

/**
 * Turns of the event loop that the second view may take without an end, besides two for each line: it works in turns only, without timers
 * or sockets, so one that takes more has stopped for good (mailparser 3.9 does, on a message/rfc822 without a body).
 */
export const SECOND_VIEW_MAX_TURNS = 1_000;
