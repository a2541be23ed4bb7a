import { NODE_KEPT_MS, NODES_MAX, REDIS_SLACK_MS } from '../limits.ts';
import type { Store, StoredBeat } from '../store.ts';
import { type Ask, script } from './ask.ts';
import type { RedisKeys } from './keys.ts';
import { toList, toNumber, toText } from './replies.ts';

/** KEYS counter · ARGV now ends px -> the count */
const HIT = script(`
local ends = redis.call('HGET', KEYS[1], 'ends')
if ends and tonumber(ends) >= tonumber(ARGV[1]) then return redis.call('HINCRBY', KEYS[1], 'hits', 1) end
redis.call('HSET', KEYS[1], 'hits', 1, 'ends', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

/** KEYS counter · ARGV now -> the count */
const COUNT = script(`
local entry = redis.call('HMGET', KEYS[1], 'hits', 'ends')
if entry[1] and tonumber(entry[2]) >= tonumber(ARGV[1]) then return tonumber(entry[1]) end
return 0`);

/** KEYS seen info · ARGV node info now gone max px */
const BEAT = script(`
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[4])
local spare = redis.call('ZCARD', KEYS[1]) - #gone - tonumber(ARGV[5])
if spare > 0 then
  for _, node in ipairs(redis.call('ZRANGE', KEYS[1], #gone, #gone + spare - 1)) do gone[#gone + 1] = node end
end
for _, node in ipairs(gone) do
  redis.call('ZREM', KEYS[1], node)
  redis.call('HDEL', KEYS[2], node)
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 1`);

/** KEYS seen info · ARGV gone -> node, seen, info for each */
const NODES = script(`
local found = {}
local seen = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'WITHSCORES')
for i = 1, #seen, 2 do
  local info = redis.call('HGET', KEYS[2], seen[i])
  if info then
    found[#found + 1] = seen[i]
    found[#found + 1] = seen[i + 1]
    found[#found + 1] = info
  end
end
return found`);

/** The part of the store that counts. */
export function createCounts(ask: Ask, keys: RedisKeys): Pick<Store, 'hit' | 'count'> {
  return {
    hit: async (name, now, endsAt) => toNumber(await ask(HIT, [keys.of('counter', name)], [now, endsAt, endsAt - now + REDIS_SLACK_MS])),
    count: async (name, now) => toNumber(await ask(COUNT, [keys.of('counter', name)], [now])),
  };
}

/** The heartbeats of the nodes: one pair of keys for all of them. */
export function createBeats(ask: Ask, keys: RedisKeys): Pick<Store, 'beat' | 'nodes'> {
  const both = [keys.of('node-seen', 'all'), keys.of('node-info', 'all')];
  return {
    beat: async (node, info, now) => {
      await ask(BEAT, both, [node, info, now, now - NODE_KEPT_MS, NODES_MAX, NODE_KEPT_MS + REDIS_SLACK_MS]);
    },
    nodes: async (now) => {
      const flat = toList(await ask(NODES, both, [now - NODE_KEPT_MS]));
      const beats: StoredBeat[] = [];
      for (let i = 0; i + 2 < flat.length; i += 3) {
        beats.push({ node: toText(flat[i]), seenAt: toNumber(flat[i + 1]), info: toText(flat[i + 2]) });
      }
      return beats;
    },
  };
}
