import { createHash } from 'node:crypto';

/** A script and the name Redis knows it by. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** Makes one of its text. */
export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/*
 * Every decision is one script, so that it is atomic and one round trip. Times come from the caller as ARGV, in milliseconds since 1970; what has
 * ended by them counts as absent, whatever Redis still holds. PEXPIRE only tidies up, later than any caller's clock (REDIS_SLACK_MS).
 */

/** KEYS greylist · ARGV now opens ends px key -> first (1 or 0), opens */
export const CONTACT = script(`
local ends = redis.call('HGET', KEYS[1], 'ends')
if ends and tonumber(ends) >= tonumber(ARGV[1]) then
  return {0, redis.call('HGET', KEYS[1], 'opens')}
end
redis.call('HSET', KEYS[1], 'opens', ARGV[2], 'ends', ARGV[3], 'key', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {1, ARGV[2]}`);

/** KEYS greylist · ARGV now ends px */
export const EXTEND = script(`
local entry = redis.call('HMGET', KEYS[1], 'opens', 'ends')
local now = tonumber(ARGV[1])
if not entry[1] or tonumber(entry[1]) > now or tonumber(entry[2]) < now then return 0 end
if tonumber(entry[2]) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'ends', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

/** KEYS greylist · ARGV now -> 1 when there was one */
export const FORGET = script(`
local ends = redis.call('HGET', KEYS[1], 'ends')
redis.call('DEL', KEYS[1])
if ends and tonumber(ends) >= tonumber(ARGV[1]) then return 1 end
return 0`);

/** KEYS counter · ARGV now ends px -> the count */
export const HIT = script(`
local ends = redis.call('HGET', KEYS[1], 'ends')
if ends and tonumber(ends) >= tonumber(ARGV[1]) then return redis.call('HINCRBY', KEYS[1], 'hits', 1) end
redis.call('HSET', KEYS[1], 'hits', 1, 'ends', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

/** KEYS counter · ARGV now -> the count */
export const COUNT = script(`
local entry = redis.call('HMGET', KEYS[1], 'hits', 'ends')
if entry[1] and tonumber(entry[2]) >= tonumber(ARGV[1]) then return tonumber(entry[1]) end
return 0`);

/** KEYS seen info · ARGV node info now gone max px */
export const BEAT = script(`
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
export const NODES = script(`
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
