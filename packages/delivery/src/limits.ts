/** Bounds of this package, each with its reason. */

/**
 * Copies of one request that are stored at the same time. Node has four threads for file operations; more copies would
 * wait for a thread.
 */
export const COPIES_AT_ONCE = 4;

/**
 * Milliseconds that a copy has for cleaning up after its delivery was ended. A disk that hangs must not block a session
 * for longer.
 */
export const ENDING_GRACE_MS = 2_000;

/** A mailbox directory's name is at most this long in octets (ext4 and XFS allow 255); longer ones are hashed. */
export const DIRECTORY_NAME_MAX = 200;

/**
 * Mailboxes that were found to exist, about 200 octets each. The least recently used one is dropped and checked again.
 */
export const KNOWN_MAILBOXES_MAX = 10_000;

/** Octets written at once; a small message is one write. */
export const WRITE_BYTES = 64 * 1024;

/**
 * Characters of the host name in a file name. File names may have 255 octets, and readers append flags. The random part
 * makes names unique.
 */
export const HOST_IN_NAME_MAX = 80;

/** Age in milliseconds at which a file in `tmp` is removed: 36 hours, as the Maildir specification says. */
export const LEFTOVER_AGE_MS = 36 * 3_600_000;

/** Milliseconds between two sweeps of one mailbox. A leftover file occupies the disk for at most half a day longer. */
export const SWEEP_EVERY_MS = 12 * 3_600_000;

/** Names that one sweep reads. A killed process leaves a few files; the rest is removed by the next sweep. */
export const SWEEP_NAMES_MAX = 1_000;

/** Mailboxes that wait for a sweep. Further mailboxes are swept after their next message. */
export const SWEEPS_WAITING_MAX = 1_000;

/**
 * Names of messages whose directory could not be synced; the oldest is dropped. Each one is a disk error, so there are
 * few.
 */
export const UNSYNCED_MAX = 1_000;

/**
 * Milliseconds after its last change during which a file in `tmp` counts as being written. Longer than the 120 s that a
 * message has after its final dot, so that only files of dead processes are ignored.
 */
export const RESERVATION_MS = 150_000;

/**
 * Pauses in milliseconds between two checks of the mailbox while other messages are being written that may fill it:
 * about 5 s in all. After the last one the message is delayed.
 */
export const ROOM_PAUSES_MS: readonly number[] = [5, 10, 20, 40, ...Array.from({ length: 50 }, () => 100)];
