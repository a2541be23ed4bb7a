import { createHash } from 'node:crypto';
import { withDeadline } from '@vratny/waiting';
import { Cluster, Redis } from 'ioredis';
import { REDIS_SCAN_COUNT, REDIS_SCAN_MS } from '../limits.ts';
import { StateFault } from '../port.ts';
import type { KeySpan } from '../store.ts';
import type { RedisClient } from './connect.ts';
import { toList, toNumber, toText } from './replies.ts';

/** Runs a script on the node that has its keys, within the deadline. */
export type Ask = (script: Script, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/**
 * Makes one. The client's own timeouts begin when a command is written; this one also bounds a cluster's redirections.
 */
export function createAsk(client: RedisClient, deadlineMs: number): Ask {
  const gather = createGather(client);
  return (script, keys, args) => {
    gather();
    return inTime(run(client, script, keys, args), deadlineMs);
  };
}

/** Redis forgets scripts when it restarts; the one call that finds that out sends the text. */
async function run(client: RedisClient, script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return await client.eval(script.lua, keys.length, ...keys, ...args);
  }
}

/** Rejects when work takes longer. Its later result is ignored. */
function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  return withDeadline(work, deadlineMs, () => {
    throw new StateFault(`no answer within ${deadlineMs} ms`);
  });
}

/**
 * Makes what is sent in one turn of the event loop leave in one write for each connection: operations begun together
 * cost one round trip, and no reply to the first can come before the second has been sent. Call it before each command.
 *
 * ioredis' auto-pipelining does this too, but it sends nothing more to a server until the last bundle is answered, so
 * every message would wait for somebody else's answer; and in a cluster a bundle of which one command was answered is
 * not sent again to the right node (MOVED).
 */
function createGather(client: RedisClient): () => void {
  let gathering = false;
  return () => {
    if (gathering) return;
    gathering = true;
    const sockets = socketsOf(client);
    for (const socket of sockets) socket.cork();
    setImmediate(() => {
      gathering = false;
      for (const socket of sockets) socket.uncork();
    });
  };
}

function socketsOf(client: RedisClient): readonly Redis['stream'][] {
  const connections = client instanceof Redis ? [client] : client.nodes('master');
  // One that has not connected yet has no socket, whatever its type says; it has nothing to send either.
  return connections.filter(({ status }) => status === 'ready').map(({ stream }) => stream);
}

/** A script and the name Redis knows it by. */
interface Script {
  readonly lua: string;
  readonly sha: string;
}

/**
 * Makes one of its text. With `allowOom` it is run by a Redis that is full too (maxmemory with noeviction), for what
 * must not be lost with the rest.
 * @see https://redis.io/docs/latest/develop/programmability/lua-api/#script_flags, since Redis 7.0
 */
export function script(text: string, options: { readonly allowOom?: true } = {}): Script {
  const lua = options.allowOom ? `#!lua flags=allow-oom\n${text}` : text;
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/*
 * Every decision is one script, so that it is atomic and one round trip. Times come from the caller as ARGV, in milliseconds since 1970; what has
 * ended by them counts as absent, whatever Redis still holds. PEXPIRE only tidies up, later than any caller's clock (REDIS_SLACK_MS).
 */

/**
 * Walks over the greylist entries of all servers in steps. Redis may name a key twice; entries that come or go
 * meanwhile may be missed. Each step has the deadline of a command, the walk one of its own.
 */
export async function* walkEntries(client: RedisClient, match: string, deadlineMs: number): AsyncGenerator<readonly KeySpan[]> {
  const end = performance.now() + REDIS_SCAN_MS;
  for (const node of mastersOf(client)) {
    let cursor = '0';
    do {
      if (performance.now() > end) throw new StateFault(`not through all keys within ${REDIS_SCAN_MS} ms`);
      const [next, keys] = await inTime(node.scan(cursor, 'MATCH', match, 'COUNT', REDIS_SCAN_COUNT), deadlineMs);
      cursor = next;
      yield await inTime(readEntries(node, keys), deadlineMs);
    } while (cursor !== '0');
  }
}

function mastersOf(client: RedisClient): readonly Redis[] {
  if (!(client instanceof Cluster)) return [client];
  const masters = client.nodes('master');
  if (masters.length === 0) throw new StateFault('no node of the cluster is known');
  return masters;
}

const FIELDS = ['key', 'opens', 'ends'] as const;

async function readEntries(node: Redis, keys: readonly string[]): Promise<readonly KeySpan[]> {
  if (keys.length === 0) return [];
  const batch = node.pipeline();
  for (const key of keys) batch.hmget(key, ...FIELDS);
  const replies = (await batch.exec()) ?? [];
  return replies.flatMap(([error, reply]) => {
    if (error !== null) throw error;
    return readEntry(reply);
  });
}

/** Reads one entry, when it is there. */
export async function findEntry(client: RedisClient, key: string, deadlineMs: number): Promise<readonly KeySpan[]> {
  return readEntry(await inTime(client.hmget(key, ...FIELDS), deadlineMs));
}

/** None, when it is gone or went between two steps. */
function readEntry(reply: unknown): readonly KeySpan[] {
  const [key, opens, ends] = toList(reply);
  return key === null ? [] : [{ key: toText(key), opensAt: toNumber(opens), endsAt: toNumber(ends) }];
}
