import { randomBytes } from 'node:crypto';
import type { Outcome } from '@vratny/delivery';
import { type Dovecot, makeDovecot } from '@vratny/support/dovecot';
import { waitFor } from '@vratny/support/wait-for';
import { expect, test } from 'vitest';
import { consign, hashOf, openStore, serversOf, withoutStoreHeaders } from './store.ts';

const BOXES = ['one', 'two', 'three'].map((name) => `${name}@example.test`);
const SENDERS = 12;

/** One copy, and what the store said of it. Each message is sent once, whatever comes of it. */
interface Entry {
  readonly address: string;
  readonly sha256: string;
  readonly outcome: Outcome;
}

/** Small, and now and then too large for one packet or one write. */
function makeMessage(at: number): string {
  const size = at % 10 === 0 ? 300_000 : at % 3 === 0 ? 20_000 : 200;
  return `Subject: ${at}\r\n\r\n${randomBytes(size / 2)
    .toString('hex')
    .replaceAll(/.{1,70}/gu, '.$&\r\n')}`;
}

/** Sends without a pause until `stop` is called, to one mailbox or to two. */
function startLoad(store: ReturnType<typeof openStore>) {
  const entries: Entry[] = [];
  let stopped = false;
  let next = 0;
  async function send(): Promise<void> {
    while (!stopped) {
      const at = next;
      next += 1;
      const message = makeMessage(at);
      const addresses = [BOXES[at % 3] ?? '', ...(at % 5 === 0 ? [BOXES[(at + 1) % 3] ?? ''] : [])];
      const outcomes = await store.deliver(consign(message, addresses));
      const sha256 = hashOf(message);
      entries.push(...outcomes.map((outcome, i) => ({ address: addresses[i] ?? '', sha256, outcome })));
      // While nobody listens every attempt fails at once.
      if (outcomes.some((outcome) => outcome.kind === 'delayed')) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const senders = Array.from({ length: SENDERS }, send);
  return {
    entries,
    stored: () => entries.filter((entry) => entry.outcome.kind === 'stored').length,
    async stop() {
      stopped = true;
      await Promise.all(senders);
    },
  };
}

async function moreStored(load: ReturnType<typeof startLoad>, dovecot: Dovecot, count: number): Promise<void> {
  const before = load.stored();
  await waitFor(`${count} more messages are stored`, () => (load.stored() >= before + count ? true : undefined), { explain: dovecot.log });
}

const FAULTS: readonly (readonly [string, (dovecot: Dovecot) => Promise<void>])[] = [
  ['stopped and started', (dovecot) => dovecot.stop().then(() => dovecot.start())],
  ['killed and started', (dovecot) => dovecot.kill().then(() => dovecot.start())],
  ['reloaded', async (dovecot) => void (await dovecot.doveadm(['reload']))],
];

test.each(FAULTS)(
  'Dovecot is %s under load, again and again: what it acknowledged is there, what is delayed for certain is not',
  async (_what, fault) => {
    await using dovecot = await makeDovecot({ users: BOXES.map((address) => ({ address })) });
    await dovecot.start();
    const store = openStore(Object.values(serversOf(dovecot)));
    const load = startLoad(store);
    for (let round = 0; round < 3; round += 1) {
      await moreStored(load, dovecot, 50);
      await fault(dovecot);
    }
    await moreStored(load, dovecot, 50);
    await load.stop();
    await store.close();

    const kept = new Map<string, number>();
    for (const address of BOXES) {
      for (const message of await dovecot.inbox(address)) {
        const key = `${address} ${hashOf(withoutStoreHeaders(message))}`;
        kept.set(key, (kept.get(key) ?? 0) + 1);
      }
    }
    const tally = { stored: 0, uncertain: 0, delayed: 0 };
    for (const { address, sha256, outcome } of load.entries) {
      const key = `${address} ${sha256}`;
      const copies = kept.get(key) ?? 0;
      kept.delete(key);
      if (outcome.kind === 'stored') {
        tally.stored += 1;
        expect(copies, `${key} was acknowledged`).toBe(1);
      } else if (outcome.kind === 'delayed' && outcome.uncertain === true) {
        tally.uncertain += 1;
        expect(copies).toBeLessThanOrEqual(1);
      } else {
        tally.delayed += 1;
        expect([outcome.kind, copies], JSON.stringify(outcome)).toEqual(['delayed', 0]);
      }
    }
    // Nothing else is there: nothing torn, nothing twice, nothing of somebody else.
    expect([...kept.keys()]).toEqual([]);
    expect(tally.stored).toBeGreaterThanOrEqual(200);
  },
  120_000,
);
