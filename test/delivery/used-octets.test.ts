import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteDirectory, openSqliteRegister } from '@vratny/directory/sqlite';
import { makeDovecot } from '@vratny/support/dovecot';
import { ROOT } from '@vratny/support/mx';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { expect, test } from 'vitest';
import { consign, kindsOf, openStore, serversOf } from './store.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';
const now = () => new Date();

test('quota_clone carries used octets to the directory: after deliveries and after deletions by IMAP', async () => {
  using folder = makeTemporaryFolder('quota');
  const path = join(folder.path, 'directory.db');
  const register = await openSqliteRegister({ path, now });
  await register.addDomain('example.test', 'd', 'test');
  for (const address of [ALICE, BOB]) await register.addMailbox(address, {}, 'test');
  await register.close();
  const database = new DatabaseSync(path);
  database.exec(readFileSync(join(ROOT, 'deploy', 'dovecot', 'quota-used.sqlite.sql'), 'utf8'));
  database.close();

  await using dovecot = await makeDovecot({ users: [{ address: ALICE }, { address: BOB }], quotaDatabase: path });
  await dovecot.start();
  const store = openStore([serversOf(dovecot).tcp]);
  const directory = await openSqliteDirectory({ path });
  try {
    const used = async (address: string) => {
      const found = await directory.findDestination({ local: address.split('@')[0] ?? '', domain: 'example.test' });
      return found.kind === 'mailboxes' ? found.mailboxes[0]?.usedBytes : undefined;
    };
    const message = `Subject: x\r\n\r\n${'0123456789abcdef\r\n'.repeat(1_000)}`;
    for (let i = 0; i < 3; i += 1) expect(kindsOf(await store.deliver(consign(message, [ALICE])))).toEqual(['stored']);
    const octets = (await dovecot.inbox(ALICE)).reduce((sum, one) => sum + one.length, 0);
    await waitFor('the directory knows', async () => ((await used(ALICE)) === octets ? true : undefined), { explain: dovecot.log });
    expect(await used(BOB)).toBe(0);
    await dovecot.doveadm(['expunge', '-u', ALICE, 'mailbox', 'INBOX', 'all']);
    await waitFor('the directory knows of the deletion', async () => ((await used(ALICE)) === 0 ? true : undefined), {
      explain: dovecot.log,
    });
  } finally {
    await store.close();
    await directory.close();
  }
}, 90_000);
