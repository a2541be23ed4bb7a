import { withDeadline } from '@vratny/waiting';
import { Cluster, Redis } from 'ioredis';
import { REDIS_CONNECT_MS, REDIS_OPEN_MS, REDIS_RETRY_MAX_MS } from '../limits.ts';
import type { RedisEndpoint, RedisLocation } from './target.ts';

/** What a connection needs besides its place. */
export interface ConnectOptions extends RedisLocation {
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** PEM text of the authority that signed the servers' certificates; without it the system's. */
  readonly ca?: string | Buffer;
  readonly deadlineMs: number;
  /** Told of connection trouble, one line each time. */
  readonly onTrouble: (detail: string) => void;
}

/** One server, the one that sentinels name, or a cluster. */
export type RedisClient = Redis | Cluster;

/**
 * Connects, and waits a moment for the connection; resolves without it too, since mail flows while Redis is away. With ioredis' own
 * defaults a command waits for ever for a server that is gone; here nothing is queued, nothing is sent twice, and a connection that keeps a
 * command waiting is torn down, so that those after it fail at once until the server answers again.
 */
export async function connect(options: ConnectOptions): Promise<RedisClient> {
  const client = createClient(options);
  client.on('error', (error: Error) => options.onTrouble(error.message));
  await ready(client);
  return client;
}

function createClient(options: ConnectOptions): RedisClient {
  const { target, database } = options;
  const common = commonOptions(options);
  switch (target.kind) {
    case 'single':
      return new Redis({ ...common, ...target.node, db: database, enableOfflineQueue: false, retryStrategy });
    case 'sentinel':
      return new Redis({
        ...common,
        db: database,
        enableOfflineQueue: false,
        retryStrategy,
        sentinels: target.sentinels.map(copyEndpoint),
        name: target.master,
        role: 'master',
        sentinelRetryStrategy: retryStrategy,
        sentinelCommandTimeout: options.deadlineMs,
        ...(options.sentinelPassword === undefined ? {} : { sentinelPassword: options.sentinelPassword }),
        // Who encrypts the way to the servers encrypts the way to their sentinels too.
        ...(common.tls === undefined ? {} : { sentinelTLS: common.tls, enableTLSForSentinelMode: true }),
      });
    case 'cluster':
      return new Cluster(target.nodes.map(copyEndpoint), {
        redisOptions: common,
        enableOfflineQueue: false,
        clusterRetryStrategy: retryStrategy,
        // A node is connected to when it is first needed, and the command tries again after this: ioredis' 100 ms leave little of the deadline.
        retryDelayOnFailover: CLUSTER_AGAIN_MS,
        retryDelayOnClusterDown: CLUSTER_AGAIN_MS,
        slotsRefreshTimeout: REDIS_CONNECT_MS,
        slotsRefreshInterval: CLUSTER_LOOK_MS,
      });
  }
}

const CLUSTER_AGAIN_MS = 25;

/** A cluster is asked for its nodes this often: who has become a master is otherwise only learned from the others' MOVED. */
const CLUSTER_LOOK_MS = 5_000;

function commonOptions(options: ConnectOptions) {
  return {
    protocol: 2 as const,
    maxRetriesPerRequest: 1,
    // A counter must not count twice because the connection broke between.
    autoResendUnfulfilledCommands: false,
    commandTimeout: options.deadlineMs,
    socketTimeout: options.deadlineMs,
    connectTimeout: REDIS_CONNECT_MS,
    // The server we are on is no master any more: look for the one that is.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    disableClientInfo: true,
    ...(options.user === undefined ? {} : { username: options.user }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.tls ? { tls: options.ca === undefined ? {} : { ca: options.ca } } : {}),
  };
}

const retryStrategy = (attempt: number): number => Math.min(attempt * 50, REDIS_RETRY_MAX_MS);

function copyEndpoint({ host, port }: RedisEndpoint): { host: string; port: number } {
  return { host, port };
}

function ready(client: RedisClient): Promise<void> {
  if (client.status === 'ready') return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  client.once('ready', resolve);
  return withDeadline(promise, REDIS_OPEN_MS, () => void client.off('ready', resolve));
}

/** Says goodbye, or just goes when that takes too long. */
export async function disconnect(client: RedisClient): Promise<void> {
  if (client.status === 'ready') await client.quit().catch(() => undefined);
  client.disconnect();
}
