import { join } from 'node:path';
import type { Directory } from '@vratny/directory';
import {
  createBootClock,
  findPreset,
  followChanges,
  keepCopy,
  loadCopy,
  openAdoptedDatabase,
  openAdoptedDirectory,
  readDoubt,
} from '@vratny/directory/adopted';
import { parseAddress } from '@vratny/smtp';
import { startDatabase, type TestDatabase, unreachable } from '@vratny/support/database';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postfixadmin } from './programs/postfixadmin.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startDatabase('mysql');
}, 120_000);
afterAll(() => database[Symbol.asyncDispose]());

const texts = findPreset('postfixadmin', 'mysql');
if (texts === undefined) throw new Error('no such preset');
const now = () => new Date();

/** A hundred domains with a mailbox each. */
function fill(name: string): void {
  const lines = Array.from({ length: 100 }, (_, at) => [
    postfixadmin.addDomain(`d${at}.test`),
    postfixadmin.addMailbox({ address: `alice@d${at}.test`, local: 'alice', domain: `d${at}.test`, quotaBytes: 0 }),
  ]);
  database.sql(lines.flat().join(';\n'), name);
}

async function answerTo(directory: Directory, written: string): Promise<string> {
  const address = parseAddress(written, { utf8: true });
  if (typeof address === 'string') throw new Error(address);
  try {
    const found = await directory.findDestination(address);
    return found.kind === 'mailboxes' ? found.mailboxes.map((mailbox) => mailbox.address).join(' ') : found.kind;
  } catch (error) {
    return `fault: ${String(error)}`;
  }
}

it('serves the known while the database is away, and is right again when it is back', async () => {
  using folder = makeTemporaryFolder('copy');
  const path = join(folder.path, 'copy.db');
  database.create('away', postfixadmin.schema('mysql'));
  fill('away');
  const options = { database: database.reader('away'), texts, copy: path };
  const source = openAdoptedDatabase(options);
  expect(await loadCopy({ path, source, now })).toMatchObject({ domains: 100, addresses: 200 });
  // A process that has asked nothing yet.
  const directory = openAdoptedDirectory(options);
  await database.whileAway(async () => {
    const known = await Promise.all(Array.from({ length: 100 }, (_, at) => answerTo(directory, `alice@d${at}.test`)));
    expect(new Set(known.map((answer) => answer.split('@')[0]))).toEqual(new Set(['alice']));
    expect(await answerTo(directory, 'Alice+x@d1.test')).toBe('alice@d1.test');
    for (const address of ['bob@d1.test', 'alice@elsewhere.test'])
      expect(await answerTo(directory, address)).toMatch(/^fault: .*mysql:\/\/reader@/u);
    await expect(loadCopy({ path, source, now })).rejects.toThrow('mysql://reader@');
    expect(await answerTo(directory, 'alice@d2.test')).toBe('alice@d2.test');
  });
  await expect.poll(() => answerTo(directory, 'bob@d1.test'), { timeout: 30_000 }).toBe('unknown');
  database.sql(postfixadmin.addMailbox({ address: 'new@d1.test', local: 'new', domain: 'd1.test', quotaBytes: 0 }), 'away');
  expect(await answerTo(directory, 'new@d1.test')).toBe('new@d1.test');
  database.sql(postfixadmin.disable('alice@d3.test'), 'away');
  await loadCopy({ path, source, now });
  await expect.poll(async () => (await findAlice(directory, 'd3.test')) === false).toBe(true);
  await directory.close();
  await source.close();
});

async function findAlice(directory: Directory, domain: string): Promise<boolean | undefined> {
  const found = await directory.findDestination({ local: 'alice', domain });
  return found.kind === 'mailboxes' ? found.mailboxes[0]?.enabled : undefined;
}

it('does not take a database that lost a fifth of its domains, or all: the unknown are delayed until it is accepted', async () => {
  using folder = makeTemporaryFolder('copy');
  const path = join(folder.path, 'copy.db');
  database.create('shrunk', postfixadmin.schema('mysql'));
  fill('shrunk');
  const options = { database: database.reader('shrunk'), texts, copy: path };
  const source = openAdoptedDatabase(options);
  await loadCopy({ path, source, now });
  const directory = openAdoptedDirectory(options);
  expect(await answerTo(directory, 'bob@d1.test')).toBe('unknown');
  database.sql("DELETE FROM domain WHERE domain LIKE 'd1_.test' OR domain LIKE 'd2_.test'", 'shrunk');
  await expect(loadCopy({ path, source, now })).rejects.toThrow('the database has 80 domains, 100 before: the old copy stays');
  expect(readDoubt(path)).toContain('mxctl directory accept');
  expect(await answerTo(directory, 'alice@d15.test')).toBe('alice@d15.test');
  expect(await answerTo(directory, 'carol@d1.test')).toContain('80 domains, 100 before');
  await loadCopy({ path, source, now, accept: () => true });
  await expect.poll(() => answerTo(directory, 'alice@d15.test')).toBe('elsewhere');
  expect(await answerTo(directory, 'carol@d1.test')).toBe('unknown');
  database.sql('DELETE FROM domain', 'shrunk');
  await expect(loadCopy({ path, source, now })).rejects.toThrow('no domain at all, 80 before');
  expect(await answerTo(directory, 'alice@d1.test')).toBe('alice@d1.test');
  await directory.close();
  await source.close();
});

it('a wrong password, a column that is missing and a table that is locked are one clear line, and nobody is refused', async () => {
  database.create('faults', postfixadmin.schema('mysql'));
  fill('faults');
  const reader = database.reader('faults');
  const wrongPassword = { ...reader, servers: reader.servers.map((server) => ({ ...server, password: 'wrong' })) };
  const open = (more: Partial<Parameters<typeof openAdoptedDirectory>[0]>) => openAdoptedDirectory({ database: reader, texts, ...more });
  const rows: readonly (readonly [Directory, string])[] = [
    [open({ database: wrongPassword }), "Access denied for user 'reader'"],
    [
      open({ texts: { ...texts, address: 'SELECT username AS address FROM mailbox WHERE username = :address' } }),
      'gives no column kind; it gives address',
    ],
    [open({ texts: { ...texts, address: 'SELECT nothing FROM mailbox WHERE username = :address' } }), "Unknown column 'nothing'"],
    [open({ texts: { ...texts, address: 'SELECT SLEEP(5), :address' } }), 'mysql://reader@'],
  ];
  for (const [directory, says] of rows) {
    expect(await answerTo(directory, 'alice@d1.test')).toContain(says);
    await directory.close();
  }
  // The preferred server is away: the next is asked.
  const both = open({ database: database.reader('faults', [1, database.port]) });
  expect(await answerTo(both, 'alice@d1.test')).toBe('alice@d1.test');
  expect(await answerTo(both, 'bob@d1.test')).toBe('unknown');
  await both.close();
});

it('with a version that the database keeps, a copy is loaded when that changes, and answers for everybody between', async () => {
  using folder = makeTemporaryFolder('copy');
  const path = join(folder.path, 'copy.db');
  const counting = ['mailbox', 'alias', 'domain'].flatMap((table) =>
    ['INSERT', 'UPDATE', 'DELETE'].map(
      (change) =>
        `CREATE TRIGGER ${table}_${change} AFTER ${change} ON ${table} FOR EACH ROW UPDATE directory_version SET value = value + 1`,
    ),
  );
  database.create(
    'versioned',
    [
      postfixadmin.schema('mysql'),
      'CREATE TABLE directory_version (value BIGINT NOT NULL); INSERT INTO directory_version VALUES (0)',
      ...counting,
    ].join(';\n'),
  );
  fill('versioned');
  const version = 'SELECT value AS version FROM directory_version';
  await using stack = new AsyncDisposableStack();
  const source = stack.adopt(openAdoptedDatabase({ database: database.reader('versioned'), texts: { ...texts, version } }), (one) =>
    one.close(),
  );
  const ending = new AbortController();
  const loads: number[] = [];
  const onTrouble = (detail: string): void => expect.unreachable(detail);
  const keeping = keepCopy({
    path,
    source,
    now,
    signal: ending.signal,
    everyMs: 1_000,
    onLoad: (load) => loads.push(load.addresses),
    onTrouble,
  });
  stack.defer(async () => {
    ending.abort();
    await keeping;
  });
  // It cannot reach the database.
  const away = { database: unreachable(database.reader('versioned')), texts: { ...texts, version }, copy: path };
  const directory = stack.adopt(openAdoptedDirectory(away), (one) => one.close());
  await expect.poll(() => answerTo(directory, 'bob@d1.test'), { timeout: 30_000 }).toBe('unknown');
  database.sql(postfixadmin.addMailbox({ address: 'bob@d1.test', local: 'bob', domain: 'd1.test', quotaBytes: 0 }), 'versioned');
  await expect.poll(() => answerTo(directory, 'bob@d1.test'), { timeout: 30_000 }).toBe('bob@d1.test');
  database.sql("DELETE FROM mailbox WHERE local_part = 'bob'; DELETE FROM alias WHERE address = 'bob@d1.test'", 'versioned');
  await expect.poll(() => answerTo(directory, 'bob@d1.test'), { timeout: 30_000 }).toBe('unknown');
  expect(new Set(loads)).toEqual(new Set([200, 202]));
});

it('a load is of one moment, and a version tells nothing across a restart or another database of the server', async () => {
  using folder = makeTemporaryFolder('copy');
  const path = join(folder.path, 'copy.db');
  const schema = `${postfixadmin.schema('mysql')}; CREATE TABLE directory_version (value BIGINT NOT NULL); INSERT INTO directory_version VALUES (7)`;
  for (const name of ['moment', 'other']) {
    database.create(name, schema);
    fill(name);
  }
  const version = 'SELECT value AS version FROM directory_version';
  const open = (name: string) => openAdoptedDatabase({ database: database.reader(name), texts: { ...texts, version } });
  await using stack = new AsyncDisposableStack();
  const source = stack.adopt(open('moment'), (one) => one.close());
  const clock = createBootClock();
  let isFirst = true;
  const between = (): void => {
    // The mailboxes have been read, the aliases that each has have not.
    if (isFirst)
      database.sql("UPDATE directory_version SET value = 8; DELETE FROM alias; DELETE FROM mailbox WHERE local_part = 'alice'", 'moment');
    isFirst = false;
  };
  expect(await loadCopy({ path, source, now, onProgress: between })).toMatchObject({ domains: 100, addresses: 200 });
  // The version is that of the same moment.
  expect(await followChanges({ path, source, now, clock })).toBe('load');
  expect(await loadCopy({ path, source, now })).toMatchObject({ domains: 100, addresses: 0 });
  expect(await followChanges({ path, source, now, clock })).toBe('proved');
  await database.whileAway(async () => undefined);
  expect(await followChanges({ path, source, now, clock })).toBe('load');
  await loadCopy({ path, source, now });
  expect(await followChanges({ path, source, now, clock })).toBe('proved');
  // The same number, in another database.
  database.sql('UPDATE directory_version SET value = 8', 'other');
  const other = stack.adopt(open('other'), (one) => one.close());
  expect(await followChanges({ path, source: other, now, clock })).toBe('load');
});
