/** Bounds of routing, each with its reason. */

/** Stores that are open at once: each may hold some 16 connections. More are opened as others fall out of use. */
export const STORES_MAX = 64;

/** Stores that one message is handed to at once. Most messages go to one; one that hangs holds up no other unless there are this many. */
export const STORES_AT_ONCE = 8;

/** Milliseconds after its last use that a store is closed: longer than its connections live unused, so that only an empty pool is given up. */
export const STORE_IDLE_MS = 600_000;
