import { copyFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { READER, type SqlSession, startDatabase, type TestDatabase } from '@vratny/support/database';
import { connectTo } from '@vratny/support/smtp-client';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adopt, startAdoptedHost } from './adopted-host.ts';
import { postfixadmin } from './programs/postfixadmin.ts';

/** A thousand mailboxes in a hundred domains. */
const DOMAINS = Array.from({ length: 100 }, (_, at) => `d${at}.test`);
const ADDRESSES = DOMAINS.flatMap((domain) => Array.from({ length: 10 }, (_, at) => `box${at}@${domain}`));
/** Recipients of one session. */
const AT_ONCE = 50;
const NO_LIMITS = { connectionsPerIp: 1_000, failedRecipients: 1_000 };

/** How many of the thousand get which answer: `250`, `451`, ... */
async function askAll(host: WorldHost, addresses: readonly string[] = ADDRESSES): Promise<Readonly<Record<string, number>>> {
  const answers: Record<string, number> = {};
  const sessions = Array.from({ length: Math.ceil(addresses.length / AT_ONCE) }, (_, at) =>
    addresses.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
  await Promise.all(
    sessions.map(async (recipients) => {
      const client = connectTo(host.mx.port, { patienceMs: 60_000 });
      await client.reply();
      await client.ask('HELO client.test');
      await client.ask('MAIL FROM:<a@sender.test>');
      for (const recipient of recipients) {
        const reply = (await client.ask(`RCPT TO:<${recipient}>`)).slice(0, 3);
        answers[reply] = (answers[reply] ?? 0) + 1;
      }
      client.close();
    }),
  );
  return answers;
}

/** What the journal tells of the directory that it had not told before. */
function createFaults(host: WorldHost) {
  let told = 0;
  const isFault = (line: unknown): line is { readonly detail: string } =>
    typeof line === 'object' && line !== null && 'kind' in line && line.kind === 'fault' && 'where' in line && 'detail' in line;
  return (): readonly string[] => {
    const all = host.mx.journal().filter(isFault);
    const fresh = all.slice(told).map(({ detail }) => detail);
    told = all.length;
    return fresh;
  };
}

let database: TestDatabase;
let session: SqlSession;
beforeAll(async () => {
  database = await startDatabase('mysql');
  database.create('mail', '');
  session = database.session('mail');
}, 120_000);
afterAll(async () => {
  session.close();
  await database[Symbol.asyncDispose]();
});

async function fill(): Promise<void> {
  await session.begin(postfixadmin.schema('mysql'));
  const lines = DOMAINS.map((domain) => postfixadmin.addDomain(domain));
  for (const address of ADDRESSES) {
    const [local = '', domain = ''] = address.split('@');
    lines.push(postfixadmin.addMailbox({ address, local, domain, quotaBytes: 0 }));
  }
  await session.run(lines.join(';\n'));
}

it('with a copy, a thousand existing mailboxes are taken and none is refused, whatever becomes of the database, and each fault is said', async () => {
  using folder = makeTemporaryFolder('faults');
  await fill();
  const adopted = await adopt(folder.path, database, 'mail', DOMAINS);
  await using host = await startAdoptedHost(adopted, { limits: NO_LIMITS });
  expect(await askAll(host)).toEqual({ 250: 1_000 });
  const faults = createFaults(host);
  const rows: readonly (readonly [what: string, breaking: string, mending: string, says: RegExp])[] = [
    [
      'a wrong password',
      "ALTER USER 'reader'@'%' IDENTIFIED BY 'other'",
      `ALTER USER 'reader'@'%' IDENTIFIED BY '${READER.password}'`,
      /Access denied/u,
    ],
    [
      'a wrong column',
      'ALTER TABLE mailbox RENAME COLUMN active TO enabled',
      'ALTER TABLE mailbox RENAME COLUMN enabled TO active',
      /Unknown column/u,
    ],
    ['a missing table', 'RENAME TABLE mailbox TO elsewhere', 'RENAME TABLE elsewhere TO mailbox', /doesn't exist/u],
    ['a locked table', 'LOCK TABLES mailbox WRITE', 'UNLOCK TABLES', /no answer within 2 s/u],
    [
      'slow questions',
      'RENAME TABLE mailbox TO elsewhere; CREATE VIEW mailbox AS SELECT e.* FROM elsewhere e JOIN (SELECT SLEEP(5) AS slept) s ON s.slept = 0',
      'DROP VIEW mailbox; RENAME TABLE elsewhere TO mailbox',
      /no answer within 2 s|max_statement_time|interrupted/u,
    ],
  ];
  for (const [at, [what, breaking, mending, says]] of rows.entries()) {
    faults();
    await session.run(breaking);
    let [answers, unknown]: Readonly<Record<string, number>>[] = [];
    try {
      // Connections that are open go on; a password is asked for by the next.
      if (what === 'a wrong password') await session.run(killReader());
      answers = await askAll(host);
      unknown = await askAll(host, [`nobody${at}@d1.test`, `nobody${at}@d2.test`]);
    } finally {
      // So that the test can be tried again.
      await session.run(mending);
    }
    expect([what, answers, unknown]).toEqual([what, { 250: 1_000 }, { 451: 2 }]);
    const told = await waitFor('the fault is told', () => faults().find((one) => says.test(one)));
    expect(told.split('\n')).toHaveLength(1);
  }
  await waitFor('the host is right again', async () => ((await askAll(host, ['nobody@d1.test']))[550] === 1 ? true : undefined), {
    deadlineMs: 60_000,
  });
  expect(await database.whileAway(() => askAll(host))).toEqual({ 250: 1_000 });
}, 300_000);

/** Ends the sessions of the account that mx has. */
function killReader(): string {
  return "KILL USER 'reader'@'%'";
}

it('a directory file that is missing, emptied, a fifth smaller or moved over refuses none of a thousand mailboxes', async () => {
  using folder = makeTemporaryFolder('faults');
  const make = async (name: string, domains: readonly string[]): Promise<string> => {
    const path = join(folder.path, name);
    const register = await openSqliteRegister({ path, now: () => new Date() });
    const put = (records: Parameters<typeof register.putRecords>[0]) => register.putRecords(records, 'test', { graceUntil: new Date() });
    await put(domains.map((one) => ({ kind: 'domain', name: one, letter: 'a', defaultLetter: 'a' })));
    await put(
      ADDRESSES.filter((one) => domains.includes(one.slice(one.indexOf('@') + 1))).map((address) => ({ kind: 'mailbox', address })),
    );
    await register.close();
    return path;
  };
  const [whole, smaller] = [await make('whole.db', DOMAINS), await make('smaller.db', DOMAINS.slice(0, 80))];
  const path = join(folder.path, 'directory.db');
  copyFileSync(whole, path);
  await using host = await startWorldHost({ host: 'a10', site: { extra: { directory: `sqlite:${path}` }, limits: NO_LIMITS } });
  const put = (from: string): void => {
    copyFileSync(from, `${path}.new`);
    renameSync(`${path}.new`, path);
  };
  const faults = createFaults(host);
  const rows: readonly (readonly [what: string, breaking: () => void, answers: Readonly<Record<string, number>>, says?: RegExp])[] = [
    ['moved over', () => put(whole), { 250: 1_000 }],
    ['a fifth smaller', () => put(smaller), { 250: 800, 451: 200 }, /has 80 domains, 100 before/u],
    ['missing', () => rmSync(path), { 451: 1_000 }, /there is no such file/u],
    [
      'emptied',
      () => {
        put(whole);
        truncateSync(path, 0);
      },
      { 451: 1_000 },
      /the file is empty/u,
    ],
    ['there again', () => put(whole), { 250: 1_000 }],
  ];
  for (const [what, breaking, answers, says] of rows) {
    faults();
    breaking();
    // Who is known may be read from the old file for a second.
    await waitFor('the host looks at the file', async () =>
      (await askAll(host, ['nobody@d1.test']))[451] === (says === undefined ? undefined : 1) ? true : undefined,
    );
    const got = await waitFor(what, async () => {
      const found = await askAll(host);
      return JSON.stringify(found) === JSON.stringify(answers) || found[550] !== undefined ? found : undefined;
    });
    expect([what, got]).toEqual([what, answers]);
    if (says !== undefined) expect(await waitFor('the fault is told', () => faults().find((one) => says.test(one)))).toMatch(says);
  }
}, 180_000);
