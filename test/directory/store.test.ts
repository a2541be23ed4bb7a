import { join } from 'node:path';
import { createLmtp } from '@vratny/delivery/lmtp';
import { directoryContract, type OpenDirectory } from '@vratny/directory/contract';
import { openSqliteDirectory, openSqliteRegister } from '@vratny/directory/sqlite';
import { type Dovecot, makeDovecot } from '@vratny/support/dovecot';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll } from 'vitest';

/** The mailboxes of the contract's site. */
const LOCALS = ['alice', 'bob', 'carol', 'carol+work', 'all'];
const USERS = [...LOCALS.map((local) => `${local}@one.test`), 'dave@two.test', 'abuse@two.test'];

let dovecot: Dovecot;
let delivery: ReturnType<typeof createLmtp>;

beforeAll(async () => {
  dovecot = await makeDovecot({ users: USERS.map((address) => ({ address })) });
  await dovecot.start();
  const servers = [{ kind: 'tcp', host: '127.0.0.1', port: dovecot.lmtpPort } as const];
  delivery = createLmtp({ servers, hostName: 'mx.test', now: () => new Date() });
}, 60_000);
afterAll(async () => {
  await delivery.close();
  await dovecot[Symbol.asyncDispose]();
});

async function exists(mailbox: { readonly address: string; readonly usedBytes: number }): Promise<boolean> {
  const answer = await delivery.admits(mailbox, 0, AbortSignal.timeout(10_000));
  if (answer.kind === 'fault') throw new Error(answer.detail);
  return answer.kind !== 'unknown';
}

/** Dovecot says which mailboxes there are; their settings, aliases and catch-alls stand in a file of ours. */
const open: OpenDirectory = async (now) => {
  const folder = makeTemporaryFolder('store');
  const path = join(folder.path, 'directory.db');
  const register = await openSqliteRegister({ path, now, mailboxes: 'store' });
  const directory = await openSqliteDirectory({ path, store: { mailboxes: 'store', exists } });
  return {
    register,
    directory,
    cleanUp: async () => {
      await directory.close();
      await register.close();
      folder.remove();
    },
  };
};

directoryContract('mailboxes known to Dovecot', open, { quotaBytes: 1000, domainAliases: true, used: true, utf8: false });
