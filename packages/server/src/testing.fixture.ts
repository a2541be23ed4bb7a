/** What tests of servers need: options, a listening server, clients. For tests only. */
export { TLS } from './certificate.fixture.ts';
export { type ListeningServer, listen } from './listen.fixture.ts';
export { POLICY } from './policy.fixture.ts';
export { header2, ipv4 } from './proxy/header.fixture.ts';
export { ENVELOPE, gate, type MadeOptions, makeOptions, type Served, serveOn, until, type Wishes } from './server.fixture.ts';
