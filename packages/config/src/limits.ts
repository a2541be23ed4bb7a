/** Octets of a site file: a hundred times the longest sensible one. */
export const FILE_MAX_BYTES = 1024 * 1024;

/** Problems that are reported at once: more would scroll the first ones away. */
export const PROBLEMS_MAX = 50;

/** Uses of YAML aliases in one file, so that a few nested ones cannot blow up to gigabytes. */
export const ALIASES_MAX = 100;

/** Characters of a value that a message repeats. */
export const QUOTED_MAX = 60;

/** Characters of a key beyond which no suggestion is looked for. */
export const SUGGESTED_KEY_MAX = 40;

/** Entries of short lists: resolvers (the system adapter takes eight), scanners. */
export const SERVERS_MAX = 8;

/** DNS lists: each is one look-up per connection. */
export const DNSBL_ZONES_MAX = 32;

/** Codes of one DNS list. */
export const DNSBL_CODES_MAX = 256;

/** Networks and sender patterns of one list; beyond this a list belongs into a store. */
export const EXEMPTIONS_MAX = 10_000;

/** Certificates of one host: each is two files to look at. */
export const CERTIFICATES_MAX = 32;

/** Characters of a list of ciphers: all of OpenSSL's names together are shorter. */
export const CIPHERS_MAX = 4_000;

/** Characters of a statement: a screen of SQL. */
export const STATEMENT_MAX = 10_000;

/** Connections of a host to one LMTP server: more are more than any store has processes for. */
export const LMTP_CONNECTIONS_MAX = 10_000;

/** Name servers that take changes, and zones of one of them. */
export const PUBLISHERS_MAX = 100;
export const DOMAINS_PUBLISHED_MAX = 100_000;
