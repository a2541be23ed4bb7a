/** Bounds of this package. Every one bounds a wait, a buffer or a list. */

/** RFC 1035 §2.3.4, in octets and without the final dot. */
export const NAME_MAX = 253;

/** RFC 1035 §2.3.4, in octets. */
export const LABEL_MAX = 63;

/** CNAME records followed for one question. Real chains have up to five; resolvers give up between 8 and 16. */
export const CNAME_CHAIN_MAX = 16;

/** One look-up with all its servers, retries and CNAMEs. Shorter than any fact's deadline would be pointless, longer holds the client. */
export const LOOKUP_TIMEOUT_MS = 5000;

/** Largest UDP answer we ask for, in octets: fits every path without fragments (RFC 9715 §3.1, "DNS flag day 2020"). */
export const UDP_PAYLOAD = 1232;

/** Servers of one resolver. More only makes every server's share of the deadline too small. */
export const SERVERS_MAX = 8;

/** Sockets open at once, one per running look-up: well below the usual 1,024 descriptors of a process. */
export const SOCKETS_MAX = 512;

/** Look-ups that may wait for a socket. Beyond it DNS is lost anyway, and waiting would only add memory. */
export const WAITING_MAX = 10_000;

/** Datagrams that do not belong to our question, per exchange; a flood of them is an attack, not an answer. */
export const STRAY_PACKETS_MAX = 100;

/** How long a server that did not answer is asked last, in milliseconds: one look-up pays for a dead server, not every one. */
export const SERVER_DEMOTION_MS = 30_000;

/** Negative answers at most so long, in seconds: the upper end of what RFC 2308 §5 calls sensible. */
export const NEGATIVE_TTL_MAX_SECONDS = 10_800;

/** TTL of the NXDOMAIN for something that is no domain name, in seconds. It will never exist; the value only has to be finite. */
export const INVALID_NAME_TTL_SECONDS = 3600;

/** Answers in the cache: some 20 MB with usual records. */
export const CACHE_ENTRIES_MAX = 50_000;

/** Octets in the cache, roughly counted, so that 50,000 answers of 64 KiB by a hostile zone cannot fill the memory. */
export const CACHE_OCTETS_MAX = 64 * 1024 * 1024;

/** A found answer is asked for again after a day even when its TTL is longer (RFC 8767 §4 allows capping). */
export const CACHE_TTL_MAX_SECONDS = 86_400;

/** A negative answer is asked for again after 15 minutes: its owner is probably just adding the record. */
export const CACHE_NEGATIVE_TTL_MAX_SECONDS = 900;

/** Characters of a zone file. It holds the answers of a test or a site, not a registry. */
export const ZONE_FILE_MAX = 16 * 1024 * 1024;

/** Tokens of one record in a zone file: a 64 KiB TXT record in full strings has 257. */
export const ZONE_TOKENS_MAX = 1024;

/** Octets of one character string (RFC 1035 §3.3). */
export const CHARACTER_STRING_MAX = 255;

/** TTL where a zone file states none, in seconds. */
export const ZONE_TTL_SECONDS = 300;

/** RFC 2181 §8: a TTL has 31 bits. */
export const TTL_MAX_SECONDS = 2_147_483_647;

/** Characters of an error about a zone file: it repeats words of the file, which have no bound of their own. */
export const ERROR_MAX = 300;

/** One question to an authoritative server over UDP and TCP together, in milliseconds, from its turn on. */
export const AUTHORITATIVE_TIMEOUT_MS = 4000;

/** Questions to authoritative servers at once: a watch has time, and needs no more descriptors than this. */
export const AUTHORITATIVE_AT_ONCE = 64;

/** Questions to one server at once: nobody's name server is hit harder by us than by a busy resolver. */
export const AUTHORITATIVE_AT_ONCE_PER_SERVER = 2;

/** Milliseconds between two questions to one server: at most twenty a second. Servers with rate limits begin to drop at some hundred. */
export const SERVER_INTERVAL_MS = 50;

/** How long a question waits for each of its two turns, in milliseconds. */
export const AUTHORITATIVE_WAIT_MS = 30_000;

/** Servers whose rate is remembered; above it those that are idle are forgotten. */
export const AUTHORITATIVE_SERVERS_MAX = 10_000;

/** Records of one section of an authoritative answer that are looked at: nobody has so many MX records or name servers. */
export const ANSWER_RECORDS_MAX = 256;

/** Name servers of one referral, and addresses of each: the root itself has thirteen. One more than anybody asks, so that it is seen when there are more. */
export const DELEGATES_MAX = 17;

/** One update of a zone, in milliseconds: a server may write it to its disk first. */
export const UPDATE_TIMEOUT_MS = 10_000;

/** Seconds by which the clocks of both sides may differ (RFC 8945 §10). */
export const TSIG_FUDGE_SECONDS = 300;
