import { REDIS_SLACK_MS } from '../limits.ts';
import type { KeySpan, Pattern, Store } from '../store.ts';
import { type Ask, script } from './ask.ts';
import type { RedisKeys } from './keys.ts';
import { toList, toNumber } from './replies.ts';

/*
 * Entries of a network stand in a sorted set by their ends. Those that have ended go first; of a full network then those that end first. An entry that Redis
 * has expired is no loss there. The entry is written first: Redis tells of a full memory only before the first write of a script.
 */

/** KEYS greylist network · ARGV now opens ends px key max -> first (1 or 0), opens */
const CONTACT = script(`
local ends = redis.call('HGET', KEYS[1], 'ends')
if ends and tonumber(ends) >= tonumber(ARGV[1]) then
  return {0, redis.call('HGET', KEYS[1], 'opens')}
end
redis.call('HSET', KEYS[1], 'opens', ARGV[2], 'ends', ARGV[3], 'key', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1])
local spare = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[6]) + 1
if spare > 0 then
  for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, spare - 1)) do
    redis.call('DEL', key)
    redis.call('ZREM', KEYS[2], key)
  end
end
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return {1, ARGV[2]}`);

/** KEYS greylist network · ARGV now ends px */
const EXTEND = script(`
local entry = redis.call('HMGET', KEYS[1], 'opens', 'ends')
local now = tonumber(ARGV[1])
if not entry[1] or tonumber(entry[1]) > now or tonumber(entry[2]) < now then return 0 end
if tonumber(entry[2]) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'ends', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], KEYS[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
return 1`);

/** KEYS greylist network · ARGV now -> 1 when there was one */
const FORGET = script(`
local ends = redis.call('HGET', KEYS[1], 'ends')
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], KEYS[1])
if ends and tonumber(ends) >= tonumber(ARGV[1]) then return 1 end
return 0`);

/** How entries are read for listings and removal, without a contact. */
export interface Reading {
  /** The entry of a key, when there is one. */
  find(key: string): Promise<readonly KeySpan[]>;
  /** Every entry there is, in pieces. */
  walk(): AsyncIterable<readonly KeySpan[]>;
}

/** The greylist: which senders have made contact. */
export function createSenders(
  ask: Ask,
  keys: RedisKeys,
  reading: Reading,
  networkEntriesMax: number,
): Pick<Store, 'contact' | 'extend' | 'list' | 'forget'> {
  const forgetOne = async (key: string, now: number) => toNumber(await ask(FORGET, keys.greylist(key), [now]));

  const list = async (pattern: Pattern, limit: number, now: number): Promise<readonly KeySpan[]> => {
    if (pattern.exact !== undefined) {
      return (await reading.find(keys.greylist(pattern.exact)[0])).filter((entry) => entry.endsAt >= now).slice(0, limit);
    }
    const found = new Map<string, KeySpan>();
    for await (const entries of reading.walk()) {
      for (const entry of entries) {
        if (found.size >= limit) return [...found.values()];
        if (entry.endsAt >= now && pattern.matches(entry.key)) found.set(entry.key, entry);
      }
    }
    return [...found.values()];
  };

  return {
    contact: async (key, now, fresh) => {
      const args = [now, fresh.opensAt, fresh.endsAt, fresh.endsAt - now + REDIS_SLACK_MS, key, networkEntriesMax];
      const [first, opensAt] = toList(await ask(CONTACT, keys.greylist(key), args));
      return { first: toNumber(first) === 1, opensAt: toNumber(opensAt) };
    },
    extend: async (key, now, endsAt) => {
      await ask(EXTEND, keys.greylist(key), [now, endsAt, endsAt - now + REDIS_SLACK_MS]);
    },
    list,
    forget: async (pattern, now) => {
      if (pattern.exact !== undefined) return await forgetOne(pattern.exact, now);
      let forgotten = 0;
      for await (const entries of reading.walk()) {
        const counts = entries.filter(({ key }) => pattern.matches(key)).map(({ key }) => forgetOne(key, now));
        forgotten += (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      }
      return forgotten;
    },
  };
}
