/**
 * Octets of any file that the site file names (site file, zone file, certificate, key): far above all sensible ones.
 */
export const NAMED_FILE_MAX_BYTES = 16 * 1024 * 1024;

/** How often the files of certificates are looked at: some system calls, and nobody waits for a renewed one. */
export const TLS_LOOK_MS = 1_000;

/**
 * What does not fit for so many looks is no renewal on its way: programs write certificate and key within a moment of
 * each other.
 */
export const TLS_ALARM_AFTER_LOOKS = 3;

/** Different problems of the same files that are told: files that change all the time must not fill the journal. */
export const TLS_ALARMS_MAX = 20;

/**
 * Milliseconds for the store to say whether it has a mailbox; below the time that the directory has for an answer, so
 * that the store is named as the cause.
 */
export const STORE_MS = 4_500;

/** A certificate that runs out within this time should have been renewed: ACME clients do so a month before. */
export const EXPIRY_NOTICE_MS = 14 * 24 * 60 * 60_000;

/** Aliases that lead outside, which are told one by one. */
export const OUTSIDE_TOLD_MAX = 20;

/** Resolvers that are asked what the world sees of a domain: two of different make show what one cache alone would hide. */
export const RESOLVERS_ASKED_MAX = 2;
