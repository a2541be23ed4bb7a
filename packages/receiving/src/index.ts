/**
 * What an MX host does with mail: ledger, lease, stores, what happens after the final dot; and the tarpit of the host
 * that takes none.
 */

export { createMxServer } from './mx-server.ts';
export type { MxServerOptions } from './mx-session.ts';
export type { TarpitOptions } from './tarpit/options.ts';
export { createTarpit, TARPIT_SOCKETS } from './tarpit/tarpit.ts';
