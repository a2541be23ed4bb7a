/**
 * Milliseconds from the last reply of the store to the end of mx's note in shared state: the note has 250 ms, the rest is for a machine that
 * is busy. A node that dies, or a connection that breaks, later than this explains nothing.
 */
export const NOTE_MS = 1_500;

/** Milliseconds in which mx finds a shared state that is back: the longest pause between two attempts to connect, and one round trip. */
export const STATE_BACK_MS = 1_500;
