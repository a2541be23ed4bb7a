import { Cluster, type Redis } from 'ioredis';
import { REDIS_SCAN_COUNT, REDIS_SCAN_MS } from '../limits.ts';
import { StateFault } from '../port.ts';
import type { KeySpan } from '../store.ts';
import { inTime } from './ask.ts';
import type { RedisClient } from './connect.ts';
import { toList, toNumber, toText } from './replies.ts';

/**
 * Walks over the greylist entries of all servers in steps. Redis may name a key twice; entries that come or go meanwhile may be missed. Each
 * step has the deadline of a command, the walk one of its own.
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
