/** Bounds of routing, each with its reason. */

/**
 * Stores that are open at the same time; each may have 16 connections. When more are needed, unused ones are closed.
 */
export const STORES_MAX = 64;

/** Stores that one message is sent to at the same time. Most messages go to one store. */
export const STORES_AT_ONCE = 8;

/** Milliseconds after its last use at which a store is closed: longer than its connections stay open unused. */
export const STORE_IDLE_MS = 600_000;
