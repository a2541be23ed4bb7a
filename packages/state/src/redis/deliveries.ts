import { LEASE_REMEMBERED_MS, LEDGER_MAILBOXES_MAX, REDIS_SLACK_MS } from '../limits.ts';
import type { LeaseEnding, Store } from '../store.ts';
import type { Ask } from './ask.ts';
import { DROP, MAILBOX_PREFIX, READ, RECORD, RELEASE, TAKE } from './delivery-scripts.ts';
import type { RedisKeys } from './keys.ts';
import { toList, toNumber, toText } from './replies.ts';

type Deliveries = Pick<Store, 'readLedger' | 'record' | 'drop' | 'take' | 'release'>;

/** How long Redis keeps a lease after its end. */
const MEMORY_PX = LEASE_REMEMBERED_MS + REDIS_SLACK_MS;

/** The part of the store that knows who has a message, and who is delivering it. */
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
