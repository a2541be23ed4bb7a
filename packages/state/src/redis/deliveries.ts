import { LEDGER_MAILBOXES_MAX, REDIS_SLACK_MS } from '../limits.ts';
import type { Store } from '../store.ts';
import type { Ask } from './ask.ts';
import type { RedisClient } from './connect.ts';
import type { RedisKeys } from './keys.ts';
import { toList, toNumber, toText } from './replies.ts';
import { MAILBOX_PREFIX, READ, RECORD, RELEASE, TAKE } from './scripts.ts';

type Deliveries = Pick<Store, 'readLedger' | 'record' | 'drop' | 'take' | 'release'>;

/** The part of the store that knows who has a message, and who is delivering it. */
export function createDeliveries(ask: Ask, keys: RedisKeys, remove: (key: string) => ReturnType<RedisClient['del']>): Deliveries {
  const both = (key: string) => [keys.of('ledger', key), keys.of('lease', key)];
  return {
    readLedger: async (key, now) => mailboxesIn(await ask(READ, [keys.of('ledger', key)], [now])),
    record: async (key, mailboxes, { now, endsAt }, owner) => {
      const fields = mailboxes.map((mailbox) => MAILBOX_PREFIX + mailbox);
      const args = [now, endsAt, endsAt - now + REDIS_SLACK_MS, LEDGER_MAILBOXES_MAX, owner ?? '', ...fields];
      return toNumber(await ask(RECORD, both(key), args)) === 1;
    },
    drop: async (key) => {
      await remove(keys.of('ledger', key));
    },
    take: async (key, owner, now, endsAt) => {
      const args = [now, endsAt, endsAt - now + REDIS_SLACK_MS, owner];
      const [taken, fields] = toList(await ask(TAKE, both(key), args));
      return toNumber(taken) === 1 ? mailboxesIn(fields) : undefined;
    },
    release: async (key, owner) => {
      await ask(RELEASE, [keys.of('lease', key)], [owner]);
    },
  };
}

function mailboxesIn(fields: unknown): readonly string[] {
  return toList(fields).map((field) => toText(field).slice(MAILBOX_PREFIX.length));
}
