import type { Allowance } from './client-limits.ts';

/** Bounds of the panel's server; milliseconds unless a name says otherwise. */

/** Octets of a request's body: the one form has no field. */
export const BODY_MAX_BYTES = 1024;

/** A request is whole, and its answer written, within this. */
export const REQUEST_MS = 10_000;

/** How often connections are looked at that are beyond that. */
export const LOOK_MS = 1_000;

/** Connections at once; a web server stands before it, and opens few. */
export const CONNECTIONS_MAX = 1_000;

/** A connection that says nothing is kept for so long. */
export const KEEP_ALIVE_MS = 5_000;

/** What a client may ask for: a person reads some pages; a whole office behind one address reads some more. */
export const PAGES: Allowance = { burst: 300, perSecond: 5 };

/** The same for forms. */
export const FORMS: Allowance = { burst: 60, perSecond: 0.2 };

/** Every "nothing is known" takes at least this, so that its time does not tell why. */
export const UNKNOWN_MS = 40;

/** Requests of one sender domain in `SENDER_MS`. */
export const SENDER_MAX = 3;

/** A week. */
export const SENDER_MS = 7 * 86_400_000;

/** Requests at one recipient domain in `RECIPIENT_MS`. */
export const RECIPIENT_MAX = 20;

/** A day. */
export const RECIPIENT_MS = 86_400_000;
