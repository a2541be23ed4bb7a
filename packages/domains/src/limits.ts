/** Bounds of this package. */

/** Name servers of a zone that are asked: the root itself has thirteen. */
export const NAME_SERVERS_MAX = 16;

/** Addresses that are asked, of all name servers together. */
export const ADDRESSES_MAX = 32;

/** Servers of the zone above that are asked for the delegation, one after the other. */
export const PARENTS_ASKED_MAX = 2;

/** Labels of a name above which the zone is looked for: names of IPv6 reverse zones have more, domains with mail do not. */
export const LABELS_MAX = 16;

/** Hosts named by MX records whose addresses are looked up. */
export const EXCHANGES_MAX = 12;

/** How long the last answer of a name server counts that does not answer now, in milliseconds. */
export const CARRIED_MS = 86_400_000;

/** How long old answers of a resolver are taken for those of a cache at least, in milliseconds; longer where their TTL is. */
export const CACHE_PATIENCE_MS = 86_400_000;

/** Resolvers keep records for a week at most, whatever the TTL says (RFC 8767 §4). In milliseconds. */
export const CACHE_MAX_MS = 7 * 86_400_000;

/** Characters of a stranger's host name in a sentence: RFC 1035 §2.3.4. */
export const NAME_SHOWN_MAX = 253;

/** How long a server that took a change may go on saying what it had, in milliseconds, and how often it is asked. */
export const PUBLISH_SEEN_MS = 5_000;
export const READ_BACK_EVERY_MS = 200;

/** TTL of records where there were none, in seconds: the next change of a policy is seen within an hour. */
export const PUBLISH_TTL_SECONDS = 3_600;

/** One request to the API of a name server, in milliseconds: a server may write it to its disk first. */
export const API_TIMEOUT_MS = 10_000;

/** Octets of one answer of such an API: it has a whole zone. */
export const API_ANSWER_MAX = 32 * 1024 * 1024;
