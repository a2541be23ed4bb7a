import { REDIS_NODES_MAX } from '../limits.ts';

/** A server's address. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** Which Redis: one server, the master that sentinels name, or a cluster found through any of its nodes. */
export type RedisTarget =
  | { readonly kind: 'single'; readonly node: RedisEndpoint }
  | { readonly kind: 'sentinel'; readonly sentinels: readonly RedisEndpoint[]; readonly master: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisEndpoint[] };

/** A URL, read. */
export interface RedisLocation {
  readonly target: RedisTarget;
  readonly tls: boolean;
  readonly user?: string;
  /** 0 unless the URL ends in `/NUMBER`; a cluster has only 0. */
  readonly database: number;
}

const PORT = 6379;
const SENTINEL_PORT = 26379;

/**
 * Reads `redis://[USER@]HOST[:PORT][/DATABASE]`, `redis+sentinel://[USER@]HOST[:PORT],.../MASTER[/DATABASE]` or
 * `redis+cluster://[USER@]HOST[:PORT],...`; `rediss` in place of `redis` speaks TLS. Passwords never stand in a URL. Returns one clear
 * line when it is none of them.
 */
export function parseRedisUrl(url: string): RedisLocation | string {
  const [, scheme, mode, user, hosts = '', path = ''] =
    /^(rediss?)(?:\+(\w+))?:\/\/(?:([^@/]*)@)?([^/?#]*)(?:\/([^?#]*))?$/u.exec(url) ?? [];
  if (scheme === undefined) return 'must be redis://HOST:PORT, redis+sentinel://HOST:PORT,.../MASTER or redis+cluster://HOST:PORT,...';
  if (user !== undefined && !/^[\w.-]{1,64}$/u.test(user)) return 'has a user name that is none; a password is given beside the URL';
  const nodes = hosts.split(',').map((text) => parseEndpoint(text, mode === 'sentinel' ? SENTINEL_PORT : PORT));
  const wrong = nodes.find((node) => typeof node === 'string');
  if (wrong !== undefined) return wrong;
  const endpoints = nodes.filter((node) => typeof node !== 'string');
  if (endpoints.length > REDIS_NODES_MAX) return `names more than ${REDIS_NODES_MAX} servers`;
  const rest = readPath(mode, endpoints, path);
  return typeof rest === 'string' ? rest : { ...rest, tls: scheme === 'rediss', ...(user === undefined ? {} : { user }) };
}

function readPath(
  mode: string | undefined,
  nodes: readonly RedisEndpoint[],
  path: string,
): Pick<RedisLocation, 'target' | 'database'> | string {
  const [node] = nodes;
  const [master, database, ...more] = mode === 'sentinel' ? path.split('/') : ['', ...path.split('/')];
  if (more.length > 0 || !/^\d{0,5}$/u.test(database ?? '')) return 'must end in the number of a database';
  const common = { database: Number(database ?? 0) };
  switch (mode) {
    case undefined:
      if (node === undefined || nodes.length > 1) return 'names several servers: say redis+sentinel or redis+cluster';
      return { target: { kind: 'single', node }, ...common };
    case 'sentinel':
      if (master === undefined || !/^[\w.-]{1,64}$/u.test(master)) return 'must end in the name of the master that the sentinels watch';
      return { target: { kind: 'sentinel', sentinels: nodes, master }, ...common };
    case 'cluster':
      return common.database === 0 ? { target: { kind: 'cluster', nodes }, ...common } : 'a cluster has only database 0';
    default:
      return `knows redis, redis+sentinel and redis+cluster, not redis+${mode}`;
  }
}

function parseEndpoint(text: string, defaultPort: number): RedisEndpoint | string {
  const [, literal, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]{1,253}))(?::(\d{1,5}))?$/u.exec(text) ?? [];
  const host = literal ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return `has ${JSON.stringify(text)} where HOST:PORT must be`;
  return { host, port };
}

/** A target for the log. */
export function describeTarget(target: RedisTarget): string {
  const write = (nodes: readonly RedisEndpoint[]) =>
    nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  switch (target.kind) {
    case 'single':
      return `redis ${write([target.node])}`;
    case 'sentinel':
      return `redis ${target.master} of sentinels ${write(target.sentinels)}`;
    case 'cluster':
      return `redis cluster ${write(target.nodes)}`;
  }
}
