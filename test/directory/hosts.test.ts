import { startDatabase } from '@vratny/support/database';
import { makeDovecot } from '@vratny/support/dovecot';
import { messageTo, talk } from '@vratny/support/talk';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';
import { adopt, startAdoptedHost } from './adopted-host.ts';
import { postfixadmin } from './programs/postfixadmin.ts';

/** A domain of the world, and one of the database. */
const [DOMAIN, ADOPTED] = ['a.example.test', 'adopted.test'];

/** What a host answers to a recipient. */
function recipient(local: string, reply: string, domain = DOMAIN): string {
  return `S: 220 ...\nC: HELO client.test\nS: 250 ...\nC: MAIL FROM:<a@sender.test>\nS: 250 ...\nC: RCPT TO:<${local}@${domain}>\nS: ${reply}\nC: QUIT\nS: 221 ...`;
}

test('a host reads the database of PostfixAdmin, keeps a copy of it, sends on what leads outside, and refuses nobody while the database is away', async () => {
  using folder = makeTemporaryFolder('host');
  await using database = await startDatabase('mysql');
  database.create('mail', postfixadmin.schema('mysql'));
  const alice = { address: `alice@${ADOPTED}`, local: 'alice', domain: ADOPTED, quotaBytes: 0 };
  const out = postfixadmin.addAlias(`out@${ADOPTED}`, [`alice@${ADOPTED}`, `bob@${DOMAIN}`]);
  database.sql([postfixadmin.addDomain(ADOPTED), postfixadmin.addMailbox(alice), out].join(';'), 'mail');
  const adopted = await adopt(folder.path, database, 'mail', [ADOPTED]);
  // What leads outside goes to another host.
  await using far = await startWorldHost({ host: 'a10' });
  const forwarding = `smtp://127.0.0.1:${far.mx.port}`;
  await using host = await startAdoptedHost(adopted, { extra: { forwarding } });
  await talk(host, recipient('alice', '250 ...', ADOPTED));
  await talk(host, recipient('bob', '550 5.1.1 ...', ADOPTED));
  await talk(host, messageTo(`out@${ADOPTED}`, 'both', '250 2.0.0 ...'));
  expect([host.site.stored(`alice@${ADOPTED}`).length, far.site.stored(`bob@${DOMAIN}`).length]).toEqual([1, 1]);
  await database.whileAway(async () => {
    await talk(host, recipient('alice', '250 ...', ADOPTED));
    await talk(host, recipient('carol', '451 4.3.0 ...', ADOPTED));
  });
  await waitFor('the host is right again', async () => {
    try {
      await talk(host, recipient('carol', '550 5.1.1 ...', ADOPTED));
      return true;
    } catch {
      return undefined;
    }
  });
}, 180_000);

test('with mailboxes: store the store is asked who is there', async () => {
  await using dovecot = await makeDovecot({ users: [{ address: `dora@${DOMAIN}` }] });
  await dovecot.start();
  const extra = { delivery: `lmtp://127.0.0.1:${dovecot.lmtpPort}`, mailboxes: 'store' };
  await using host = await startWorldHost({ host: 'a10', site: { extra } });
  await talk(host, recipient('dora', '250 ...'));
  await talk(host, recipient('Dora+shop', '250 ...'));
  // Bob has a mailbox in our directory and none in the store.
  await talk(host, recipient('bob', '550 5.1.1 ...'));
  await talk(host, recipient('nobody', '550 5.1.1 ...'));
  await dovecot.kill();
  await talk(host, recipient('somebody', '451 4.3.0 ...'));
}, 120_000);
