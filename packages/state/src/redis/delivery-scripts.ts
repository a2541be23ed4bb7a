import { LEASE_REMEMBERED_MS } from '../limits.ts';
import { script } from './scripts.ts';

/*
 * A ledger entry is a hash: `ends`, and a field for each mailbox. A lease is a hash: `owner` (empty when only a mark is left), `ends` (its end, not
 * that of its memory) and `since` (empty when nothing is unfinished).
 */

/** In a ledger entry the mailboxes are fields with this letter before them, so that none is taken for the entry's own field. */
export const MAILBOX_PREFIX = 'm';

// The mailboxes of an entry that has not ended.
const READ_MAILBOXES = `
local function mailboxes(key, now)
  local ends = redis.call('HGET', key, 'ends')
  if not ends or tonumber(ends) < now then return {} end
  local found = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if field ~= 'ends' then found[#found + 1] = field end
  end
  return found
end`;

/** KEYS ledger · ARGV now -> fields */
export const READ = script(`${READ_MAILBOXES}
return mailboxes(KEYS[1], tonumber(ARGV[1]))`);

/** KEYS ledger · ARGV mailbox... */
export const DROP = script(`
for i = 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
if redis.call('HLEN', KEYS[1]) == 1 then redis.call('DEL', KEYS[1]) end
return 1`);

// What is known of a lease: its owner, whether somebody has it, whether it is marked. Nothing when it is forgotten.
const READ_LEASE = `
local function lease(key, now)
  local known = redis.call('HMGET', key, 'owner', 'ends', 'since')
  if not known[1] or tonumber(known[2]) + ${LEASE_REMEMBERED_MS} < now then return nil end
  return {owner = known[1], held = known[1] ~= '' and tonumber(known[2]) >= now, since = known[3] or ''}
end`;

// The first attempt before an owner's that is not resolved. Who held a lease that is over ended without a word.
const UNRESOLVED = `
local function unresolved(known, owner, otherwise)
  if known and known.since ~= '' then return known.since end
  if known and known.owner ~= owner then return known.owner end
  return otherwise
end`;

/** KEYS ledger lease · ARGV now ends px max owner ending memory-px mailbox... (ending: none, known or doubt) -> 1, or 0 when there would be too many */
export const RECORD = script(`${READ_MAILBOXES}${READ_LEASE}${UNRESOLVED}
local now = tonumber(ARGV[1])
local held = ARGV[6] ~= 'none' and lease(KEYS[2], now)
if ARGV[6] == 'known' then
  if held and held.owner == ARGV[5] then redis.call('DEL', KEYS[2]) end
elseif ARGV[6] == 'doubt' and held and held.held and held.owner ~= ARGV[5] then
  if held.since == '' then redis.call('HSET', KEYS[2], 'since', ARGV[5]) end
elseif ARGV[6] == 'doubt' then
  redis.call('HSET', KEYS[2], 'owner', '', 'ends', ARGV[1], 'since', unresolved(held, ARGV[5], ARGV[5]))
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
end
local all = {}
local size = 0
local function count(field)
  if not all[field] then
    all[field] = true
    size = size + 1
  end
end
for _, field in ipairs(mailboxes(KEYS[1], now)) do count(field) end
local known = size
for i = 8, #ARGV do count(ARGV[i]) end
if size > tonumber(ARGV[4]) then return 0 end
if size > 0 then
  if known == 0 then redis.call('DEL', KEYS[1]) end
  redis.call('HSET', KEYS[1], 'ends', ARGV[2])
  for i = 8, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], '') end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1`);

/** KEYS ledger lease · ARGV now ends px owner -> taken (1 or 0), since (empty when nothing is unfinished), fields */
export const TAKE = script(`${READ_MAILBOXES}${READ_LEASE}${UNRESOLVED}
local now = tonumber(ARGV[1])
local known = lease(KEYS[2], now)
if known and known.held and known.owner ~= ARGV[4] then return {0, '', {}} end
local since = unresolved(known, ARGV[4], '')
redis.call('HSET', KEYS[2], 'owner', ARGV[4], 'ends', ARGV[2], 'since', since)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {1, since, mailboxes(KEYS[1], now)}`);

/** KEYS lease · ARGV owner */
export const RELEASE = script(`
local known = redis.call('HMGET', KEYS[1], 'owner', 'since')
if known[1] ~= ARGV[1] then return 0 end
if known[2] and known[2] ~= '' then return redis.call('HSET', KEYS[1], 'owner', '') end
return redis.call('DEL', KEYS[1])`);
