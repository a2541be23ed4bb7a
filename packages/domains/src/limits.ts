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
