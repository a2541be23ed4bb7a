import { SERVERS_MAX } from '../limits.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { path } from './file.ts';
import { mustBe, NO_PASSWORD_IN_URL, quote, type Reading, read, wrong } from './reading.ts';
import { parseSqlStore, type StoreContext } from './store.ts';

/** A database of somebody else's: where it is. */
export type ForeignDatabase =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'mysql' | 'postgres';
      /** The preferred one first. Empty with a socket. */
      readonly servers: readonly Endpoint[];
      readonly socket?: string;
      readonly user: string;
      readonly database: string;
      readonly tls: 'disable' | 'require' | 'verify-full';
      /** PEM file. */
      readonly authority?: string;
    };

/** A database on servers. */
export type ServedDatabase = Exclude<ForeignDatabase, { readonly kind: 'sqlite' }>;

/** Where past decisions are kept: a folder, or tables that many nodes share. */
export type HistoryStore =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly database: ServedDatabase };

/** Reads `sqlite:FOLDER` or `postgres://USER@HOST/DATABASE`. */
export function parseHistoryStore(text: string, { baseDirectory }: StoreContext): Reading<HistoryStore> {
  if (!/^(?:sqlite|postgres(?:ql)?):/u.test(text)) return mustBe('sqlite:FOLDER or postgres://USER@HOST/DATABASE', text);
  const database = parseDatabase(text, baseDirectory);
  if (!database.ok) return database;
  return read(database.value.kind === 'sqlite' ? database.value : { kind: 'postgres', database: database.value });
}

const SCHEMES = { mysql: 'mysql', mariadb: 'mysql', postgres: 'postgres', postgresql: 'postgres' } as const;
const PORTS = { mysql: 3306, postgres: 5432 } as const;
const URL_FORM = /^(mysql|mariadb|postgres|postgresql):\/\/(?:([^@/?#]*)@)?([^@/?#]*)\/([^/?#]+)(?:\?([^#]*))?$/u;

/** Reads `sqlite:PATH`, `mysql://USER@HOST[:PORT][,HOST...]/DATABASE` or `postgres://...`. */
export function parseDatabase(url: string, baseDirectory: string): Reading<ForeignDatabase> {
  if (url.startsWith('sqlite:')) {
    const file = parseSqlStore(url, { baseDirectory });
    return file.ok && file.value.kind === 'sqlite' ? read(file.value) : wrong('lacks the path after the colon');
  }
  const [, scheme, user = '', hosts = '', database = '', query = ''] = URL_FORM.exec(url) ?? [];
  if (scheme === undefined) return mustBe('mysql://USER@HOST[:PORT][,HOST...]/DATABASE, postgres://... or sqlite:PATH', url);
  if (user.includes(':')) return wrong(NO_PASSWORD_IN_URL);
  if (user === '') return wrong('needs a user, as in mysql://USER@HOST/DATABASE: an account that may only read');
  const kind = SCHEMES[scheme as keyof typeof SCHEMES];
  const settings = parseQuery(query, baseDirectory);
  if (!settings.ok) return settings;
  const servers = parseServers(hosts, PORTS[kind], settings.value.socket !== undefined);
  if (!servers.ok) return servers;
  const names = { user: decodeURIComponent(user), database: decodeURIComponent(database) };
  return read({ kind, ...names, servers: servers.value, tls: 'disable', ...settings.value });
}

function parseServers(hosts: string, port: number, bySocket: boolean): Reading<readonly Endpoint[]> {
  if (hosts === '') return bySocket ? read([]) : wrong('names no server');
  if (bySocket) return wrong('names both a socket and a server');
  const names = hosts.split(',');
  if (names.length > SERVERS_MAX) return wrong(`names more than ${SERVERS_MAX} servers`);
  const servers: Endpoint[] = [];
  for (const name of names) {
    const endpoint = parseEndpoint(name, port);
    if (!endpoint.ok) return endpoint;
    servers.push(endpoint.value);
  }
  return read(servers);
}

interface Settings {
  readonly socket?: string;
  readonly tls?: 'disable' | 'require' | 'verify-full';
  readonly authority?: string;
}

function parseQuery(query: string, baseDirectory: string): Reading<Settings> {
  let settings: Settings = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'password') return wrong(NO_PASSWORD_IN_URL);
    if (name === 'socket') settings = { ...settings, socket: value };
    else if (name === 'sslmode' && (value === 'disable' || value === 'require' || value === 'verify-full'))
      settings = { ...settings, tls: value };
    else if (name === 'sslrootcert') settings = { ...settings, authority: path(baseDirectory).parse(value) };
    else
      return wrong(`has ${quote(`${name}=${value}`)}; it may have socket=PATH, sslmode=disable|require|verify-full and sslrootcert=FILE`);
  }
  return read(settings);
}
