/** Characters of one line of an import: an alias with all its targets. */
export const LINE_MAX = 64 * 1024;

/** Records of one transaction: few enough to be quick, many enough that the disk is not what it waits for. */
export const BATCH = 1_000;

/** Lines that are no records, which are told one by one. */
export const BAD_LINES_MAX = 20;

/** The share of what is there that an import may take out without being told so. */
export const REMOVED_SHARE = 0.05;

/** Rows of one page of a list. */
export const PAGE = 1_000;

/** Milliseconds between two lines of progress. */
export const PROGRESS_MS = 500;
