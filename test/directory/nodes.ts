import { join } from 'node:path';
import { openAdoptedDirectory } from '@vratny/directory/adopted';
import { findPreset } from '@vratny/directory/presets';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { startDatabase, type TestDatabase } from '@vratny/support/database';
import { connectTo } from '@vratny/support/smtp-client';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import type { WorldHost } from '@vratny/support/world-host';
import { adopt, startAdoptedHost } from './adopted-host.ts';
import { postfixadmin } from './programs/postfixadmin.ts';

/**
 * Three nodes with one database of a provider, each with a copy of its own: how long changes take to be so on all of them; then ten thousand guesses of
 * addresses a second, and what the database is asked. `node test/directory/nodes.ts`, or `... guesses` for these alone; needs root and MariaDB, takes some minutes. Not a test.
 */
const DOMAIN = 'one.test';
const GUESSES_PER_SECOND = 10_000;
const GUESSING_MS = 10_000;
/** Each guess is a new one. */
let guessed = 0;
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
const adopted = await adopt(folder.path, database, 'mail', [DOMAIN]);
const register = stack.adopt(await openSqliteRegister({ path: adopted.overlay, now: () => new Date() }), (one) => one.close());
const hosts = await Promise.all(
  [1, 2, 3].map((node) =>
    startAdoptedHost(adopted, { copy: `copy${node}.db`, limits: { connectionsPerIp: 1_000, failedRecipients: 1_000 } }),
  ),
);
for (const host of hosts) stack.use(host);
if (process.argv[2] !== 'guesses') await changes();
await guesses();

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

/** As a worker of a host is asked; a host has one budget, whatever its workers. First what the generator alone can do, and known recipients without guesses. */
async function guesses(): Promise<void> {
  const texts = findPreset('postfixadmin', 'mysql');
  if (texts === undefined) throw new Error('no such preset');
  const directory = openAdoptedDirectory({
    database: database.reader('mail'),
    texts,
    overlay: { kind: 'sqlite', path: adopted.overlay },
    copy: join(folder.path, 'copy1.db'),
  });
  const ask = async (local: string): Promise<string> => (await directory.findDestination({ local, domain: DOMAIN })).kind;
  await ask('carol');
  const nothing = await generate(async () => 'nothing', GUESSES_PER_SECOND);
  say(`the generator alone: ${nothing.perSecond} a second of ${GUESSES_PER_SECOND}`);
  const alone = await generate(ask, 0);
  const some = await generate(ask, GUESSES_PER_SECOND / 10);
  const paced = await generate(ask, GUESSES_PER_SECOND);
  const asMany = await generate(ask, 1_000_000);
  say(`known alone: p50 ${alone.p50.toFixed(2)} ms, p99 ${alone.p99.toFixed(2)} ms`);
  for (const [what, one] of [
    [`${GUESSES_PER_SECOND / 10} guesses a second`, some],
    [`${GUESSES_PER_SECOND} guesses a second`, paced],
    ['as many as one process answers', asMany],
  ] as const) {
    say(`${what}: ${one.perSecond} a second, ${one.cpuMicros} µs of processor time each: ${one.told}`);
    say(`  the database was asked ${one.statements} statements a second; ${one.known} known were answered, ${one.lost} not`);
    say(`  p50 ${(one.p50 / alone.p50).toFixed(1)} and p99 ${(one.p99 / alone.p99).toFixed(1)} times those without guesses`);
  }
  await directory.close();
}

/** Guesses at a rate, and a known recipient each millisecond or so between them. */
async function generate(ask: (local: string) => Promise<string>, perSecond: number) {
  const [before, cpu] = [questions(database), process.cpuUsage()];
  const known: number[] = [];
  let lost = 0;
  const told = new Map<string, number>();
  const count = (kind: string): void => void told.set(kind, (told.get(kind) ?? 0) + 1);
  const pending = new Set<Promise<void>>();
  const follow = (asking: Promise<void>): void => {
    pending.add(asking);
    void asking.finally(() => pending.delete(asking));
  };
  const began = performance.now();
  let asked = 0;
  while (performance.now() - began < GUESSING_MS) {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    // A few at a time, so that the answers get their turn.
    for (let at = 0; at < 50 && asked < due; at++, asked++) follow(ask(`guess${guessed++}`).then(count, () => count('delayed')));
    const atMs = performance.now();
    const noteKnown = (kind: string): void => {
      if (kind === 'mailboxes' || kind === 'nothing') known.push(performance.now() - atMs);
      else lost += 1;
    };
    follow(ask('carol').then(noteKnown, () => noteKnown('delayed')));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(pending);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  known.sort((one, other) => one - other);
  const quantile = (share: number): number => known[Math.floor(known.length * share)] ?? Number.NaN;
  return {
    perSecond: Math.round(asked / seconds),
    cpuMicros: asked === 0 ? 0 : Math.round((user + system) / asked),
    statements: Math.round((questions(database) - before) / seconds),
    told: [...told].map(([kind, times]) => `${times} ${kind}`).join(', '),
    known: known.length,
    lost,
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
}

function questions({ sql }: TestDatabase): number {
  return Number(/\d+/u.exec(sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'"))?.[0] ?? Number.NaN);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
