/** Bounds of the directory. Every one bounds a list, a walk or a wait. */

/** Targets of one alias: as many as one message may have recipients; more is a mailing list, which needs a list server. */
export const ALIAS_TARGETS_MAX = 100;

/** Aliases behind one another. People make two or three; ten leaves room, and a walk stays a handful of look-ups deep. */
export const ALIAS_DEPTH_MAX = 10;

/** Addresses one alias may lead to in all, aliases on the way included: each costs a look-up while a sender waits at RCPT. */
export const ALIAS_REACH_MAX = 500;

/** Domain aliases behind one another: a domain of ours is an alias of one that has addresses; two more for what others may have built. */
export const ALIAS_DOMAINS_MAX = 3;

/** Rows of one listing (domains of the site, mailboxes or aliases of a domain): some tens of megabytes in memory. */
export const LIST_MAX = 100_000;

/** Domains of a hosting database that are listed: some hundred megabytes in memory. */
export const LISTED_DOMAINS_MAX = 1_000_000;

/** Milliseconds for which such a list serves the pages that are asked for. */
export const LISTED_MS = 30_000;

/** Lines of the audit in one answer. */
export const AUDIT_LIST_MAX = 10_000;

/** Names compared to find the one that was meant: a few milliseconds, only after somebody mistyped. */
export const NEAREST_CANDIDATES_MAX = 1_000;

/** Characters of an actor kept in the audit: a program's name and an address. */
export const ACTOR_MAX = 500;

/** Characters of the store of a mailbox: a host name with a port, or a path. */
export const STORE_MAX = 500;

/** Milliseconds SQLite waits for a lock. It blocks the event loop meanwhile, so it is short. */
export const BUSY_TIMEOUT_MS = 50;

/** Milliseconds between two attempts to get the lock, in which the event loop runs: another writer of this process can finish. */
const BUSY_PAUSE_MS = 20;

/** Attempts of a change to get the lock, which others hold for about a millisecond: then it is a fault. */
export const CHANGING = { attempts: 5, pauseMs: BUSY_PAUSE_MS } as const;

/** Attempts when a file is opened: another process may be making it, with every migration and a disk flush for each; about 7 seconds. */
export const OPENING = { attempts: 100, pauseMs: BUSY_PAUSE_MS } as const;

/** Milliseconds after which a second change of a file has another time than the first: file systems count in ticks of some milliseconds. */
export const SETTLED_MS = 50;

/** Times that a file is read anew because somebody wrote it meanwhile: changes take a moment, and come one by one. */
export const UNCHANGED_ATTEMPTS = 5;

/** Octets of a local part (RFC 5321 §4.5.3.1.1): one that grows when it is normalised could never be written by a sender. */
export const LOCAL_PART_MAX = 64;

/** Connections of one process to one server of a database: look-ups take a millisecond, and there are many processes. */
export const CONNECTIONS_MAX = 4;

/** Questions of one process that wait for such a connection: what comes beyond that would wait too long. */
export const WAITING_MAX = 1_000;

/** Milliseconds for a connection and the answer to one statement; a look-up with an index takes one. */
export const QUERY_MS = 2_000;

/** Milliseconds for one statement of a change, and for the changes of others before it: a thousand records take one to two seconds. */
export const CHANGE_MS = 15_000;

/** Milliseconds in which a server that could not be asked comes last. */
export const SERVER_AWAY_MS = 5_000;

/** Seconds by which two answers of one server differ in when it was started: it counts in whole ones, and answers one question after the other. */
export const SAME_START_S = 2;

/** Prepared statements of a connection: each number of addresses asked for at once is one. */
export const STATEMENTS_MAX = 64;

/** Rows of a table that a statement may read from end to end: an optimizer prefers that for small tables. */
export const SCAN_ROWS_MAX = 10_000;

/** Addresses or domains in one question. */
export const ASKED_AT_ONCE_MAX = 16;

/** Questions for one look-up: a domain, its addresses, and each level of aliases with their domains. */
export const ROUNDS_MAX = 40;

/** Rows of one page of a list: a page takes some milliseconds. */
export const LISTED_AT_ONCE = 5_000;

/** Milliseconds for which what a source told of an address is used without asking again. */
export const KNOWN_FRESH_MS = 30_000;

/** Domains, and addresses, that a process remembers: some hundred octets each. */
export const KNOWN_MAX = 200_000;

/** Milliseconds for which a denial is used without asking again: an address that is added is there after them. */
export const DENIED_MS = 4_000;

/** Milliseconds for which a denial is fresh when the source cannot be asked again. */
export const DENIED_WHILE_AWAY_MS = 60_000;

/** Denials that a process remembers. */
export const DENIALS_MAX = 100_000;

/** Questions a second about recipients that are not known, for all processes of a host: a tenth of what a small database answers. */
export const QUESTIONS_PER_SECOND = 200;

/** Domains above which a loss of some is a fault: a site of a few domains may well lose one. */
export const FEW_DOMAINS = 50;

/** The share of the domains that a load must still have. */
export const DOMAINS_KEPT_SHARE = 0.9;

/** Loads that lost the same before they are believed, and milliseconds from the first to the last. */
export const DOUBTS = 3;
export const DOUBT_MS = 3_600_000;

/** Milliseconds from the beginning of one load of a copy to that of the next: what was deleted, disabled or moved is so after a minute. */
export const COPY_EVERY_MS = 45_000;

/** Milliseconds in which a change is to be in a copy, the time that its load takes included. */
export const COPY_SEEN_MS = 58_000;

/** Milliseconds between two loads at least: the database has other work. */
export const COPY_REST_MS = 10_000;

/** Milliseconds between two questions for the version of a database: one row by its key. */
export const VERSION_EVERY_MS = 1_000;

/** Milliseconds for which a copy whose version was proved says that somebody is not there. */
export const PROVED_MS = 5_000;

/** Milliseconds between two loads of a copy whose version is proved, at most: for what was changed past the version. */
export const PROVED_LOAD_EVERY_MS = 600_000;

/** Milliseconds for one load: a million mailboxes take some 20 seconds, and meanwhile the database keeps what others change as it was. */
export const LOAD_MS = 300_000;

/** Of the time between two of them, a load takes one part in so many. */
export const PROVED_LOAD_REST = 30;

/** Milliseconds for which it is remembered how many domains a copy had. */
export const COUNTS_KEPT_MS = 7 * 86_400_000;

/** Milliseconds after which a file that a load writes belongs to nobody: it is written all the time. */
export const LEFT_OVER_MS = 600_000;

/** Changes that are read one by one: more are a load. */
export const CHANGES_MAX = 5_000;

/** Milliseconds for which every name server must have left out the hosts of a letter before it is left; longer where old records had a TTL of more than half of it. */
export const LEAVING_MS = 86_400_000;

/** The TTL of old records that no look has seen, in seconds: few zones have a larger one. */
export const ASSUMED_TTL_SECONDS = 86_400;
