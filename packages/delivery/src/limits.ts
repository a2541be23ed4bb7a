/** Bounds of this package, each with its reason. */

/** Copies of one consignment that are stored at once. Node has four threads for files by default; more would only queue there. */
export const COPIES_AT_ONCE = 4;

/** Milliseconds a copy may take to come to its end (and to clean up) after its delivery was ended: a disk that hangs must not hold a session. */
export const ENDING_GRACE_MS = 2_000;

/** A mailbox directory's name is at most this long in octets (ext4 and XFS allow 255); longer ones are hashed. */
export const DIRECTORY_NAME_MAX = 200;

/** Mailboxes known to be there; the one used longest ago is forgotten and checked again. About 200 octets each. */
export const KNOWN_MAILBOXES_MAX = 10_000;

/** Octets written at once; a small message is one write. */
export const WRITE_BYTES = 64 * 1024;
