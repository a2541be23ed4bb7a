import { resolve } from 'node:path';
import { SERVERS_MAX } from '../limits.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from './endpoint.ts';
import type { Secret } from './file.ts';
import { mustBe, NO_PASSWORD_IN_URL, quote, type Reading, read, wrong } from './reading.ts';

/** Where shared state lives. */
export type StateStore =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  /** One server, Sentinels or a Cluster, by the scheme of the URL. */
  | { readonly kind: 'redis'; readonly url: string; readonly password?: Secret };

/** Where the panel keeps what is its own: a file. */
export interface PanelStore {
  readonly kind: 'sqlite';
  readonly path: string;
}

/** Where domains, mailboxes and aliases live. */
export type SqlStore =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly password?: Secret };

/** Where messages go. */
export type MailStore =
  | { readonly kind: 'maildir'; readonly path: string }
  /**
   * Servers of one store, the preferred one first: the next is asked while one is away. `connections` of a host to each
   * of them at once, over all its workers; left out where the site says nothing.
   */
  | { readonly kind: 'lmtp'; readonly servers: readonly Endpoint[]; readonly connections?: number }
  | { readonly kind: 'lmtp-unix'; readonly path: string; readonly connections?: number };

/** A server that sends on what leads outside. */
export interface Relay {
  readonly servers: readonly Endpoint[];
}

/** Where clamd listens. */
export type ClamdAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** What the readers of this file need besides the text. */
export interface StoreContext {
  /** Where relative paths start. */
  readonly baseDirectory: string;
  /** The secret that stood beside the URL. */
  readonly password?: Secret;
}

/**
 * Reads `memory:`, `sqlite:PATH`, or the URL of a Redis: `redis://[USER@]HOST[:PORT][/DATABASE]`,
 * `redis+sentinel://HOST[:PORT],.../MASTER` or `redis+cluster://HOST[:PORT],...`, with `rediss` for TLS. What the URL
 * says in full is the adapter's to read.
 */
export function parseStateStore(text: string, context: StoreContext): Reading<StateStore> {
  if (text === 'memory:') return withoutPassword(read({ kind: 'memory' }), context);
  if (text.startsWith('sqlite:')) return withoutPassword(parseFile('sqlite', text.slice(7), context), context);
  const [, user, hosts] = /^rediss?(?:\+sentinel|\+cluster)?:\/\/(?:([^@/?#]*)@)?([^@/?#\s]+)(?:\/[^?#\s]*)?$/u.exec(text) ?? [];
  if (user?.includes(':')) return wrong(NO_PASSWORD_IN_URL);
  if (hosts === undefined) return mustBe('memory:, sqlite:PATH or redis://HOST:PORT', text);
  const where = hosts.split(',').map((host) => parseEndpoint(host, 6379));
  const bad = where.find((one) => !one.ok);
  if (bad?.ok === false) return bad;
  return read({ kind: 'redis', url: text, ...(context.password === undefined ? {} : { password: context.password }) });
}

/** Reads `sqlite:PATH` or `postgres://[USER@]HOST[:PORT]/DATABASE`. */
export function parseSqlStore(text: string, context: StoreContext): Reading<SqlStore> {
  if (text.startsWith('sqlite:')) return withoutPassword(parseFile('sqlite', text.slice(7), context), context);
  const url = /^postgres(?:ql)?:\/\//u.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.pathname.length < 2) return mustBe('sqlite:PATH or postgres://USER@HOST/DATABASE', text);
  if (url.password !== '' || url.searchParams.has('password')) return wrong(NO_PASSWORD_IN_URL);
  return read({ kind: 'postgres', url: text, ...(context.password === undefined ? {} : { password: context.password }) });
}

/** Reads `sqlite:FILE`. */
export function parsePanelStore(text: string, context: StoreContext): Reading<PanelStore> {
  if (text.startsWith('sqlite:')) return parseFile('sqlite', text.slice(7), context);
  return mustBe('sqlite:FILE', text);
}

/** Reads `maildir:PATH`, `lmtp://HOST:PORT[,HOST:PORT]` or `lmtp+unix:PATH`. */
export function parseMailStore(text: string, context: StoreContext): Reading<MailStore> {
  if (text.startsWith('maildir:')) return parseFile('maildir', text.slice(8), context);
  if (text.startsWith('lmtp+unix:')) return parseFile('lmtp-unix', text.slice(10), context);
  // RFC 2033 §5: LMTP has no port of its own and must not use 25. 24 ("any private mail system") is what stores listen
  // on.
  const [, authority] = /^lmtp:\/\/([^/?#]+)\/?$/u.exec(text) ?? [];
  if (authority === undefined) return mustBe('maildir:PATH, lmtp://HOST:PORT[,HOST:PORT] or lmtp+unix:PATH', text);
  const servers = parseServers(authority, 24);
  return servers.ok ? read({ kind: 'lmtp', servers: servers.value }) : servers;
}

/** Reads `smtp://HOST[:PORT][,HOST[:PORT]]`. */
export function parseRelay(text: string): Reading<Relay> {
  const [, authority] = /^smtp:\/\/([^/?#@]+)\/?$/u.exec(text) ?? [];
  if (authority === undefined) return mustBe('smtp://HOST:PORT[,HOST:PORT]', text);
  const reading = parseServers(authority, 25);
  return reading.ok ? read({ servers: reading.value }) : reading;
}

/** A relay as it is written, and as the store that addresses behind it are in: no mailbox can name it otherwise. */
export function formatRelay({ servers }: Relay): string {
  return `smtp://${servers.map(formatEndpoint).join(',')}`;
}

/** Reads `tcp://HOST:PORT` or `unix:PATH`. */
export function parseClamdAddress(text: string, context: StoreContext): Reading<ClamdAddress> {
  if (text.startsWith('unix:')) return parseFile('unix', text.slice(5), context);
  const [, authority] = /^tcp:\/\/([^/?#]+)\/?$/u.exec(text) ?? [];
  return authority === undefined ? mustBe('tcp://HOST:PORT or unix:PATH', text) : named('tcp', parseEndpoint(authority, 3310));
}

function parseServers(written: string, usualPort: number): Reading<readonly Endpoint[]> {
  const names = written.split(',');
  if (names.length > SERVERS_MAX) return wrong(`names more than ${SERVERS_MAX} servers`);
  const servers: Endpoint[] = [];
  for (const name of names) {
    const endpoint = parseEndpoint(name, usualPort);
    if (!endpoint.ok) return endpoint;
    if (servers.some(({ host, port }) => host === endpoint.value.host && port === endpoint.value.port))
      return wrong(`names ${quote(name)} twice`);
    servers.push(endpoint.value);
  }
  return read(servers);
}

function parseFile<K extends string>(
  kind: K,
  written: string,
  { baseDirectory }: StoreContext,
): Reading<{ readonly kind: K; readonly path: string }> {
  // `unix:///run/x` and `unix:/run/x` are the same file (RFC 8089 §2).
  const path = written.replace(/^\/\/(?=\/)/u, '');
  return path === '' ? wrong('lacks the path after the colon') : read({ kind, path: resolve(baseDirectory, path) });
}

function named<K extends string>(kind: K, where: Reading<Endpoint>): Reading<Endpoint & { readonly kind: K }> {
  return where.ok ? read({ kind, ...where.value }) : where;
}

function withoutPassword<T>(reading: Reading<T>, { password }: StoreContext): Reading<T> {
  return reading.ok && password !== undefined ? wrong('takes no password') : reading;
}
