/** Bounds of this package, each with its reason. */

/** Copies of one request that are stored at once. Node has four threads for files by default; more would only queue there. */
export const COPIES_AT_ONCE = 4;

/** Milliseconds a copy may take to come to its end (and to clean up) after its delivery was ended: a disk that hangs must not hold a session. */
export const ENDING_GRACE_MS = 2_000;

/** A mailbox directory's name is at most this long in octets (ext4 and XFS allow 255); longer ones are hashed. */
export const DIRECTORY_NAME_MAX = 200;

/** Mailboxes known to be there; the one used longest ago is forgotten and checked again. About 200 octets each. */
export const KNOWN_MAILBOXES_MAX = 10_000;

/** Octets written at once; a small message is one write. */
export const WRITE_BYTES = 64 * 1024;

/** Characters of the host in a message's name: names may have 255 octets, and readers put their flags behind. The random part makes them unique. */
export const HOST_IN_NAME_MAX = 80;

/** Milliseconds after which a file in `tmp` is nobody's any more: 36 hours, as Maildir says. */
export const LEFTOVER_AGE_MS = 36 * 3_600_000;

/** Milliseconds between two sweeps of one mailbox: a leftover takes disk for half a day longer than it must, and no delivery waits. */
export const SWEEP_EVERY_MS = 12 * 3_600_000;

/** Names one sweep looks at: each kill leaves at most a handful; more is swept next time. */
export const SWEEP_NAMES_MAX = 1_000;

/** Mailboxes that wait for their sweep; further ones wait for their next message. */
export const SWEEPS_WAITING_MAX = 1_000;

/** Messages remembered as of doubtful durability; the oldest is forgotten. Each is a fault of the disk, so there are few. */
export const DOUBTFUL_MAX = 1_000;

/**
 * Milliseconds after its last change that a file in `tmp` keeps room free: longer than the 120 s that a message has after its final dot, so that only what a dead
 * process left is passed over.
 */
export const RESERVATION_MS = 150_000;

/**
 * Pauses in milliseconds of a message for which there may be no room, until others are written: some 5 s in all. A disk that is slower makes its sender come
 * back.
 */
export const ROOM_PAUSES_MS: readonly number[] = [5, 10, 20, 40, ...Array.from({ length: 50 }, () => 100)];
