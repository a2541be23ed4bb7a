/** Bounds of this package, each with its reason. Octets unless the name says otherwise. */

/** Up to here a message stays in memory: most mail is smaller, and 1,000 such messages at once still fit into 256 MiB. */
export const MEMORY_MAX_BYTES = 256 * 1024;

/** Largest chunk a reader gets: `Content` promises it, so that a consumer may yield between chunks. */
export const READ_CHUNK_BYTES = 64 * 1024;

/** Writes to the spool's file are gathered into blocks of this size: 1-byte writes must not become system calls. */
export const BLOCK_BYTES = 64 * 1024;

/** The first block of a message in memory; blocks double from here, so a small message does not hold 64 KiB. */
export const FIRST_BLOCK_BYTES = 8 * 1024;

/** Header sections are read up to here. Postfix stops at 100 KiB; long recipient lists and ARC chains stay below 1 MiB. */
export const HEADER_MAX_BYTES = 8 * 1024 * 1024;

/** Header fields that are read. Real messages have fewer than 300; 10,000 objects are about 2 MiB. */
export const HEADER_MAX_FIELDS = 10_000;

/** Of one header field so many octets become text; what follows is in its range only. */
export const FIELD_TEXT_MAX_BYTES = 64 * 1024;

/** Lines shorter than this on average are cheaper to read octet by octet than with a native search for each (measured). */
export const SHORT_LINE_BYTES = 32;
