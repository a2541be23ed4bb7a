import { createRouted } from '@vratny/delivery/routed';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { type Dovecot, makeDovecot } from '@vratny/support/dovecot';
import { greet, messageTo, say, talk } from '@vratny/support/talk';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consign, kindsOf, openStore, serversOf, withoutStoreHeaders } from './store.ts';

const ALICE = 'alice@a.example.test';
const BOB = 'bob@a.example.test';
const SECOND = 'lmtp://second.test';
const subjectsOf = async (dovecot: Dovecot, address: string) =>
  (await dovecot.inbox(address)).map((one) => /^Subject: (.*)\r$/mu.exec(one)?.[1]);

describe('mailboxes of one message on two Dovecots', () => {
  let first: Dovecot;
  let second: Dovecot;
  beforeAll(async () => {
    first = await makeDovecot({ users: [{ address: ALICE }] });
    second = await makeDovecot({ users: [{ address: BOB }] });
    await Promise.all([first.start(), second.start()]);
  });
  afterAll(async () => {
    await Promise.all([first?.[Symbol.asyncDispose](), second?.[Symbol.asyncDispose]()]);
  });

  /** Alice lies in the site's own store, Bob names the second one. */
  function open() {
    const defaultStore = openStore([serversOf(first).tcp]);
    return createRouted({ defaultStore, open: () => openStore([serversOf(second).unix]), utf8: false });
  }
  const both = [
    { target: { address: ALICE, usedBytes: 0 }, stamps: '' },
    { target: { address: BOB, usedBytes: 0, store: SECOND }, stamps: '' },
  ];

  test('each has its own, and one that is down delays its mailboxes only; the retry brings the rest', async () => {
    const delivery = open();
    const message = 'Subject: routed\r\n\r\n';
    expect(kindsOf(await delivery.deliver(consign(message, [], { copies: both })))).toEqual(['stored', 'stored']);
    await second.kill();
    const halfDone = await delivery.deliver(consign('Subject: half\r\n\r\n', [], { copies: both }));
    expect(halfDone).toEqual([
      { kind: 'stored', bytes: 17, counted: true },
      { kind: 'delayed', detail: expect.stringMatching(/^lmtp: /u) },
    ]);
    await second.start();
    const bob = await delivery.deliver(consign('Subject: half\r\n\r\n', [], { copies: both.slice(1), resumed: true }));
    expect(kindsOf(bob)).toEqual(['stored']);
    expect([await subjectsOf(first, ALICE), await subjectsOf(second, BOB)]).toEqual([
      ['routed', 'half'],
      ['routed', 'half'],
    ]);
    // Neither store knows the other's mailbox: nothing was sent to the wrong one.
    const swapped = both.map(({ target, stamps }) => ({ target: { ...target, address: target.address === ALICE ? BOB : ALICE }, stamps }));
    expect(kindsOf(await delivery.deliver(consign(message, [], { copies: swapped })))).toEqual(['refused', 'refused']);
    await delivery.close();
  });

  test('without confirmation Dovecot stores nothing, however much of the message it has', async () => {
    const delivery = open();
    const before = [await subjectsOf(first, ALICE), await subjectsOf(second, BOB)];
    for (const size of [100, 300_000]) {
      const message = `Subject: unconfirmed\r\n\r\n${'0123456789abcdef\r\n'.repeat(size / 18)}`;
      const outcomes = await delivery.deliver(consign(message, [], { copies: both, confirm: async () => false }));
      expect(kindsOf(outcomes)).toEqual(['delayed', 'delayed']);
    }
    expect([await subjectsOf(first, ALICE), await subjectsOf(second, BOB)]).toEqual(before);
    await delivery.close();
  });

  test('mx: the directory says where; 451 while one of the two is away, and what the other has stays', async () => {
    await using host = await startWorldHost({
      host: 'a10',
      site: { extra: { delivery: `lmtp://127.0.0.1:${first.lmtpPort}` } },
    });
    await nameStore(host, `lmtp://127.0.0.1:${second.lmtpPort}`);
    await talk(host, messageTo(BOB, 'to the second', '250 2.0.0 ...'));
    const connection = await greet(host);
    for (const command of ['HELO client.test', 'MAIL FROM:<a@sender.test>', `RCPT TO:<${ALICE}>`, `RCPT TO:<${BOB}>`]) {
      expect(await say(connection, command)).toMatch(/^250 /u);
    }
    await second.kill();
    expect(await say(connection, 'DATA')).toMatch(/^354 /u);
    expect(await say(connection, 'Subject: to both\r\n\r\nx\r\n.')).toMatch(/^451 4\.3\.0 /u);
    await say(connection, 'QUIT');
    await second.start();
    expect([(await subjectsOf(first, ALICE)).at(-1), (await subjectsOf(second, BOB)).at(-1)]).toEqual(['to both', 'to the second']);
    expect(withoutStoreHeaders((await second.inbox(BOB)).at(-1) ?? '')).toMatch(/^Received: from client\.test /mu);
    // A URL that is none: the mailbox waits for the operator.
    await nameStore(host, 'nonsense');
    await talk(
      host,
      `S: 220 ...\nC: HELO client.test\nS: 250 ...\nC: MAIL FROM:<a@sender.test>\nS: 250 ...\nC: RCPT TO:<${BOB}>\nS: 451 ...\nC: RCPT TO:<${ALICE}>\nS: 250 ...\nC: QUIT\nS: 221 ...`,
    );
  });
});

async function nameStore(host: WorldHost, store: string): Promise<void> {
  const register = await openSqliteRegister({ path: host.site.directoryFile, now: () => new Date() });
  try {
    await register.setStore(BOB, store, 'test');
  } finally {
    await register.close();
  }
}
