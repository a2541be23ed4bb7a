import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAdoptedDirectory } from '@vratny/directory/adopted';
import { findPreset } from '@vratny/directory/presets';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { READER, startDatabase, type TestDatabase } from '@vratny/support/database';
import { connectTo } from '@vratny/support/smtp-client';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { postfixadmin } from './programs/postfixadmin.ts';

/**
 * Three nodes with one database of a provider, each with a copy of its own: how long changes take to be so on all of them; then ten thousand guesses of
 * addresses, and what the database is asked. `node test/directory/nodes.ts`; needs root and MariaDB, takes some minutes. Not a test.
 */
const DOMAIN = 'one.test';
await using stack = new AsyncDisposableStack();
const folder = stack.use(makeTemporaryFolder('nodes'));
const database = stack.use(await startDatabase('mysql'));
database.create('mail', postfixadmin.schema('mysql'));
const mailbox = (local: string): string => postfixadmin.addMailbox({ address: `${local}@${DOMAIN}`, local, domain: DOMAIN, quotaBytes: 0 });
database.sql(
  [
    postfixadmin.addDomain(DOMAIN),
    ...['alice', 'bob', 'carol'].map(mailbox),
    postfixadmin.addAlias(`sales@${DOMAIN}`, [`alice@${DOMAIN}`]),
  ].join(';'),
  'mail',
);
writeFileSync(join(folder.path, 'password'), READER.password);
const overlay = join(folder.path, 'overlay.db');
const register = stack.adopt(await openSqliteRegister({ path: overlay, now: () => new Date() }), (one) => one.close());
await register.addDomain(DOMAIN, 'a', 'test');
const hosts = await Promise.all([1, 2, 3].map(startNode));
for (const host of hosts) stack.use(host);
await changes();
await guesses();

async function startNode(number: number): Promise<WorldHost> {
  const copy = join(folder.path, `copy${number}.db`);
  const directory = {
    url: `mysql://reader@127.0.0.1:${database.port}/mail`,
    password: { file: join(folder.path, 'password') },
    preset: 'postfixadmin',
    overlay: `sqlite:${overlay}`,
    copy: `sqlite:${copy}`,
  };
  const host = await startWorldHost({
    host: 'a10',
    site: { extra: { directory }, limits: { connectionsPerIp: 1_000, failedRecipients: 1_000 } },
  });
  await waitFor('the copy is there', () => (existsSync(copy) ? true : undefined));
  return host;
}

/** What a node answers to a recipient. */
async function answer(host: WorldHost, local: string): Promise<string> {
  const client = connectTo(host.mx.port);
  await client.reply();
  await client.ask('HELO client.test');
  await client.ask('MAIL FROM:<a@sender.test>');
  const reply = await client.ask(`RCPT TO:<${local}@${DOMAIN}>`);
  client.close();
  return reply.slice(0, 9);
}

async function changes(): Promise<void> {
  const sql = (text: string): void => void database.sql(text, 'mail');
  await Promise.all(hosts.map((host) => answer(host, 'new')));
  sql(mailbox('new'));
  await measure('added', 'new', '250');
  const began = performance.now();
  sql(postfixadmin.disable(`alice@${DOMAIN}`));
  sql(`DELETE FROM mailbox WHERE username = 'bob@${DOMAIN}'; DELETE FROM alias WHERE address = 'bob@${DOMAIN}'`);
  sql(`UPDATE alias SET goto = 'nobody@${DOMAIN}' WHERE address = 'sales@${DOMAIN}'`);
  await Promise.all([
    measure('disabled', 'alice', '550 5.2.1', began),
    measure('deleted', 'bob', '550 5.1.1', began),
    measure('re-aliased', 'sales', '550 5.1.1', began),
  ]);
  const moved = performance.now();
  await register.setPolicy(DOMAIN, 'b', new Date(0), 'test');
  // These hosts were never of policy b.
  await measure('moved to another letter', 'carol', '4', moved);
}

async function measure(what: string, local: string, expected: string, began = performance.now()): Promise<void> {
  const took = await Promise.all(
    hosts.map(async (host) => {
      await waitFor(what, async () => ((await answer(host, local)).startsWith(expected) ? true : undefined), { deadlineMs: 180_000 });
      return ((performance.now() - began) / 1000).toFixed(1);
    }),
  );
  say(`${what}: so on the three nodes after ${took.join(', ')} s`);
}

async function guesses(): Promise<void> {
  const texts = findPreset('postfixadmin', 'mysql');
  if (texts === undefined) throw new Error('no such preset');
  const directory = openAdoptedDirectory({ database: database.reader('mail'), texts, copy: join(folder.path, 'copy1.db') });
  const before = questions(database);
  const began = performance.now();
  const known: number[] = [];
  const told = new Map<string, number>();
  const pending: Promise<void>[] = [];
  for (let at = 0; at < 10_000; at++) {
    const guess = directory.findDestination({ local: `guess${at}`, domain: DOMAIN });
    pending.push(
      Promise.resolve(guess)
        .then(({ kind }) => note(told, kind))
        .catch(() => note(told, 'delayed')),
    );
    if (at % 100 !== 99) continue;
    const asked = performance.now();
    const found = await directory.findDestination({ local: 'carol', domain: DOMAIN });
    if (found.kind === 'mailboxes') known.push(performance.now() - asked);
    await waitUntil(began + (at + 1) / 10);
  }
  await Promise.all(pending);
  const seconds = (performance.now() - began) / 1000;
  known.sort((one, other) => one - other);
  say(`10,000 guesses in ${seconds.toFixed(1)} s: ${[...told].map(([kind, count]) => `${count} ${kind}`).join(', ')}`);
  say(
    `the database was asked ${questions(database) - before} questions; ${known.length} of 100 known were answered, the slowest in ${(known.at(-1) ?? 0).toFixed(1)} ms`,
  );
  await directory.close();
}

function note(told: Map<string, number>, kind: string): void {
  told.set(kind, (told.get(kind) ?? 0) + 1);
}

async function waitUntil(atMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
}

function questions({ sql }: TestDatabase): number {
  return Number(/\d+/u.exec(sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'"))?.[0] ?? Number.NaN);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
