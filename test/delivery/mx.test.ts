import { findFreePort } from '@vratny/daemons';
import { makeDovecot } from '@vratny/support/dovecot';
import { messageTo, talk } from '@vratny/support/talk';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';
import { withoutStoreHeaders } from './store.ts';

const ALICE = 'alice@a.example.test';
const BOB = 'bob@a.example.test';

test.each(['tcp', 'unix'] as const)(
  'mx delivers to Dovecot over %s; what the store refuses is refused, and while it is away mail is delayed',
  async (way) => {
    // Bob has a mailbox in our directory and none in the store.
    await using dovecot = await makeDovecot({ users: [{ address: ALICE }] });
    await dovecot.start();
    const delivery = way === 'tcp' ? `lmtp://127.0.0.1:${dovecot.lmtpPort}` : `lmtp+unix:${dovecot.lmtpSocket}`;
    await using host = await startWorldHost({ host: 'a10', site: { extra: { delivery } } });

    await talk(host, messageTo(ALICE, 'first', '250 2.0.0 ...'));
    const [stored = '', ...more] = (await dovecot.inbox(ALICE)).map(withoutStoreHeaders);
    expect(more).toEqual([]);
    expect(stored).toMatch(/^Received: from client\.test [\s\S]*Subject: first\r\n\r\nx{70}\r\n$/mu);

    await talk(
      host,
      `S: 220 ...\nC: HELO client.test\nS: 250 ...\nC: MAIL FROM:<a@sender.test>\nS: 250 ...\nC: RCPT TO:<${BOB}>\nS: 550 5.1.1 ...\nC: QUIT\nS: 221 ...`,
    );
    await dovecot.kill();
    await talk(host, messageTo(ALICE, 'second', '451 4.3.0 ...'));
    await dovecot.start();
    await talk(host, messageTo(ALICE, 'third', '250 2.0.0 ...'));
    const subjects = (await dovecot.inbox(ALICE)).map((one) => /^Subject: (.*)\r$/mu.exec(one)?.[1]);
    expect(subjects).toEqual(['first', 'third']);
  },
);

test('of two servers of one store the second is asked while the first is away', async () => {
  await using dovecot = await makeDovecot({ users: [{ address: ALICE }] });
  await dovecot.start();
  const delivery = `lmtp://127.0.0.1:${await findFreePort()},127.0.0.1:${dovecot.lmtpPort}`;
  await using host = await startWorldHost({ host: 'a10', site: { extra: { delivery } } });
  await talk(host, messageTo(ALICE, 'first', '250 2.0.0 ...'));
  expect(await dovecot.inbox(ALICE)).toHaveLength(1);
  await dovecot.kill();
  await talk(host, messageTo(ALICE, 'second', '451 4.3.0 ...'));
});
