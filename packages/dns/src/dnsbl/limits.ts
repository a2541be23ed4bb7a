/** Bounds of the DNS lists, each with its reason. Times in milliseconds. */

/** All lists together; a client waits for this at most once a session. */
export const ASK_MS = 5_000;

/** One test of a list. */
export const TEST_MS = 10_000;

/** RFC 5782 §6 asks for regular tests; so often while a list is well. */
export const TEST_EVERY_MS = 30 * 60_000;

/** A list that failed is tested again after so long, doubled up to {@link TEST_EVERY_MS}. */
export const RETEST_MS = 30_000;

/**
 * A listing counts only when the list has passed a test within so long; else it is tested on the spot. So a list that begins to list the
 * world could refuse somebody for a second at most, and costs one test a second while clients are listed.
 */
export const VOUCH_MS = 1_000;

/** Answers of one list that are kept, and for how long at most: none outlives the test that vouched for its list. */
export const CACHE_ENTRIES = 10_000;
export const CACHE_TTL_SECONDS = TEST_EVERY_MS / 1000;

/** Characters of a list's text that go into trace and reply. */
export const TEXT_MAX = 160;
