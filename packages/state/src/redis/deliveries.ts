import { LEASE_REMEMBERED_MS, LEDGER_MAILBOXES_MAX, REDIS_SLACK_MS } from '../limits.ts';
import type { LeaseEnding, Store } from '../store.ts';
import { type Ask, script } from './ask.ts';
import type { RedisKeys } from './keys.ts';
import { toList, toNumber, toText } from './replies.ts';

type Deliveries = Pick<Store, 'readLedger' | 'record' | 'drop' | 'take' | 'release'>;

/** How long Redis keeps a lease after its end. */
const MEMORY_PX = LEASE_REMEMBERED_MS + REDIS_SLACK_MS;

/** The ledger and the lease: which mailboxes have a message, and which attempt is delivering it. */
export function createDeliveries(ask: Ask, keys: RedisKeys): Deliveries {
  const both = (key: string) => [keys.of('ledger', key), keys.of('lease', key)];
  return {
    readLedger: async (key, now) => mailboxesIn(await ask(READ, [keys.of('ledger', key)], [now])),
    record: async (key, mailboxes, { now, endsAt }, ending) => {
      const entry = [now, endsAt, endsAt - now + REDIS_SLACK_MS, LEDGER_MAILBOXES_MAX];
      const args = [...entry, ending?.owner ?? '', endingWord(ending), MEMORY_PX, ...fieldsOf(mailboxes)];
      return toNumber(await ask(RECORD, both(key), args)) === 1;
    },
    drop: async (key, mailboxes) => {
      await ask(DROP, [keys.of('ledger', key)], fieldsOf(mailboxes));
    },
    take: async (key, owner, now, endsAt) => {
      const [taken, since, fields] = toList(await ask(TAKE, both(key), [now, endsAt, endsAt - now + MEMORY_PX, owner]));
      if (toNumber(taken) !== 1) return undefined;
      return { mailboxes: mailboxesIn(fields), since: toText(since) || undefined };
    },
    release: async (key, owner) => {
      await ask(RELEASE, [keys.of('lease', key)], [owner]);
    },
  };
}

function endingWord(ending: LeaseEnding | undefined): string {
  if (ending === undefined) return 'none';
  return ending.inDoubt ? 'doubt' : 'known';
}

function fieldsOf(mailboxes: readonly string[]): readonly string[] {
  return mailboxes.map((mailbox) => MAILBOX_PREFIX + mailbox);
}

function mailboxesIn(fields: unknown): readonly string[] {
  return toList(fields).map((field) => toText(field).slice(MAILBOX_PREFIX.length));
}

/*
 * A ledger entry is a hash: `ends`, and a field for each mailbox. A lease is a hash: `owner` (empty when only a mark is left), `ends` (its end, not
 * that of its memory) and `since` (empty when nothing is unfinished).
 */

/**
 * Ledger and lease are written by a Redis that others have filled, too: there are as many as messages under way, and
 * each ends within hours.
 */
const FULL_TOO = { allowOom: true } as const;

/**
 * In a ledger entry the mailboxes are fields with this letter before them, so that none is taken for the entry's own
 * field.
 */
const MAILBOX_PREFIX = 'm';

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
const READ = script(`${READ_MAILBOXES}
return mailboxes(KEYS[1], tonumber(ARGV[1]))`);

/** KEYS ledger · ARGV mailbox... */
const DROP = script(
  `
for i = 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
if redis.call('HLEN', KEYS[1]) == 1 then redis.call('DEL', KEYS[1]) end
return 1`,
  FULL_TOO,
);

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

/**
 * KEYS ledger lease · ARGV now ends px max owner ending memory-px mailbox... (ending: none, known or doubt) -> 1, or 0
 * when there would be too many
 */
const RECORD = script(
  `${READ_MAILBOXES}${READ_LEASE}${UNRESOLVED}
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
return 1`,
  FULL_TOO,
);

/** KEYS ledger lease · ARGV now ends px owner -> taken (1 or 0), since (empty when nothing is unfinished), fields */
const TAKE = script(
  `${READ_MAILBOXES}${READ_LEASE}${UNRESOLVED}
local now = tonumber(ARGV[1])
local known = lease(KEYS[2], now)
if known and known.held and known.owner ~= ARGV[4] then return {0, '', {}} end
local since = unresolved(known, ARGV[4], '')
redis.call('HSET', KEYS[2], 'owner', ARGV[4], 'ends', ARGV[2], 'since', since)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {1, since, mailboxes(KEYS[1], now)}`,
  FULL_TOO,
);

/** KEYS lease · ARGV owner */
const RELEASE = script(
  `
local known = redis.call('HMGET', KEYS[1], 'owner', 'since')
if known[1] ~= ARGV[1] then return 0 end
if known[2] and known[2] ~= '' then return redis.call('HSET', KEYS[1], 'owner', '') end
return redis.call('DEL', KEYS[1])`,
  FULL_TOO,
);
