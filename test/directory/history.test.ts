import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReadingPool, createWritingPool } from '@vratny/directory/postgres';
import { newReceipt } from '@vratny/journal';
import { type History, type HistoryEntry, HistoryFault } from '@vratny/journal/history';
import { historyContract } from '@vratny/journal/history/contract';
import { openPostgresHistory } from '@vratny/journal/history/postgres';
import { allQueries } from '@vratny/journal/history/queries';
import { startDatabase, startStandby, type TestDatabase } from '@vratny/support/database';
import { ROOT, type RunningMx, startMx } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { converse, droppedIn, entriesOf, makeSiteOfMany } from '@vratny/support/thousand-messages';
import { waitFor } from '@vratny/support/wait-for';
import type { WorldSite } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const AT = new Date('2026-11-26T12:00:00Z');
const DAY_MS = 86_400_000;
/** What a worker keeps for the writer, and what is sent together: HISTORY_WAITING_MAX and HISTORY_BATCH of mx. */
const [WAITING_MAX, BATCH] = [5_000, 200];

let database: TestDatabase;
let count = 0;
beforeAll(async () => {
  database = await startDatabase('postgres');
}, 120_000);
afterAll(() => database[Symbol.asyncDispose]());

function serversOf(name: string) {
  return database.reader(name).servers.map((server) => ({ ...server, user: 'postgres' }));
}
const openIn = (name: string): History => openPostgresHistory({ pool: createWritingPool(serversOf(name)), name });

function newDatabase(): string {
  const name = `history${count++}`;
  database.create(name, '');
  return name;
}

let shared = '';
historyContract(
  'postgres',
  async () => {
    // New tables would take most of the time.
    if (shared === '') {
      shared = newDatabase();
      const first = openIn(shared);
      await first.add([entry()], []);
      await first.close();
    }
    database.sql('DELETE FROM history_entry; DELETE FROM history_count; DELETE FROM history_batch', shared);
    return openIn(shared);
  },
  async () => openIn(shared),
);

const entry = (parts: Partial<HistoryEntry> = {}): HistoryEntry => ({
  ...{ id: newReceipt(AT), at: AT, host: 'd10', client: '192.0.2.1', helo: 'x', sender: 'bob@sender.example' },
  ...{ recipient: 'alice@one.example', check: 'spf', verdict: 'refused', reply: '550 5.7.23 no' },
  ...parts,
});

const partitionsOf = (name: string) =>
  database.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'history_entry_%' ORDER BY 1", name).trim().split('\n');

describe('the tables of a PostgreSQL history', () => {
  test('are not there before the first entry, and a reader finds nothing', async () => {
    const name = newDatabase();
    await using stack = new AsyncDisposableStack();
    const history = stack.adopt(openIn(name), (one) => one.close());
    const all = { since: new Date(0), until: new Date(8e15), limit: 5 };
    const none = async () => [await history.search(all), await history.find(newReceipt(AT)), await history.forget('a@one.example')];
    expect(await none()).toEqual([{ entries: [] }, [], 0]);
    await history.expire({ entriesFrom: '2026-11-25', countsFrom: '2026-11-25' });
    await history.add([entry()], []);
    expect((await history.search(all)).entries).toHaveLength(1);
  });

  test('a partition for each day, and for the day after it; old ones go, whoever reads', async () => {
    const name = newDatabase();
    await using stack = new AsyncDisposableStack();
    const history = stack.adopt(openIn(name), (one) => one.close());
    await history.add([entry(), entry({ at: new Date(AT.getTime() - 3 * DAY_MS) })], []);
    const days = ['20261123', '20261124', '20261126', '20261127'];
    expect(partitionsOf(name)).toEqual(days.map((day) => `history_entry_${day}`));
    await history.expire({ entriesFrom: '2026-11-25', countsFrom: '2026-11-25' });
    expect(partitionsOf(name)).toEqual(days.slice(2).map((day) => `history_entry_${day}`));
    // An entry that comes late has a day again.
    await history.add([entry({ at: new Date(AT.getTime() - 3 * DAY_MS) })], []);
    expect(partitionsOf(name)).toHaveLength(4);
  });

  test('a removal that was interrupted is ended by the next one', async () => {
    const name = newDatabase();
    await using stack = new AsyncDisposableStack();
    const history = stack.adopt(openIn(name), (one) => one.close());
    await history.add([entry()], []);
    database.sql('ALTER TABLE history_entry DETACH PARTITION history_entry_20261126', name);
    await history.expire({ entriesFrom: '2026-11-27', countsFrom: '2026-11-27' });
    expect(partitionsOf(name)).toEqual(['history_entry_20261127']);
  });

  test('many hosts begin at the same time and write the same counts: nothing is lost, nothing comes twice', async () => {
    const name = newDatabase();
    await using stack = new AsyncDisposableStack();
    const hosts = Array.from({ length: 4 }, () => stack.adopt(openIn(name), (one) => one.close()));
    const again = entry();
    const counts = ['b', 'a', 'c'].map(
      (one) => ({ domain: `${one}.example`, day: '2026-11-26', check: 'spf', verdict: 'refused', count: 1 }) as const,
    );
    await Promise.all(
      hosts.map(async (host, nth) => {
        for (let i = 0; i < 5; i += 1) await host.add([again, entry()], nth % 2 === 0 ? counts : counts.toReversed());
      }),
    );
    const [first] = hosts;
    expect(await first?.find(again.id)).toHaveLength(1);
    const page = await first?.search({ since: new Date(AT.getTime() - 1), until: new Date(AT.getTime() + 1), limit: 100 });
    expect(page?.entries).toHaveLength(21);
    expect((await first?.counts({ from: '2026-11-26', to: '2026-11-26', limit: 9 }))?.counts.map((one) => one.count)).toEqual([20, 20, 20]);
  });

  test('a text too long for an index is found by its parts all the same', async () => {
    const name = newDatabase();
    await using stack = new AsyncDisposableStack();
    const history = stack.adopt(openIn(name), (one) => one.close());
    // Nothing that could be compressed.
    const reply = `550 ${Array.from({ length: 2_500 }, () => String.fromCodePoint(0x4e00 + Math.floor(Math.random() * 20_000))).join('')} Needle`;
    const long = entry({ reply });
    await history.add([entry(), long, entry({ reply: '550 a NEEDLE too' })], []);
    const day = { since: AT, until: new Date(AT.getTime() + 1), limit: 10 };
    const page = await history.search({ ...day, contains: 'needle', domain: 'one.example' });
    expect(page.entries.map((one) => one.reply.slice(-10))).toEqual(['NEEDLE too', reply.slice(-10)]);
    expect((await history.search({ ...day, contains: 'needle', limit: 1 })).entries).toHaveLength(1);
  });

  test.each([
    ['the first version', 'CREATE INDEX history_entry_at ON history_entry (at, nth)'],
    [
      'the second version',
      `ALTER TABLE history_entry ADD COLUMN words text COLLATE "C" GENERATED ALWAYS AS (lower(sender || chr(10) || recipient || chr(10) || reply)) STORED;
       CREATE INDEX history_entry_words ON history_entry (at, nth) INCLUDE (by_check, verdict, words)`,
    ],
  ])('those of %s get what they lack; no row is written anew, hosts of it go on, and who reads is not waited for', async (_, sql) => {
    const name = newDatabase();
    await using stack = new AsyncDisposableStack();
    const old = entry({ reply: '550 one' });
    const before = openIn(name);
    await before.add([old], []);
    await before.close();
    database.sql(`ALTER TABLE history_entry DROP COLUMN words; ${sql}`, name);
    const files = () => database.sql("SELECT pg_relation_filenode('history_entry_20261126')", name);
    const file = files();
    const indexes = () => database.sql("SELECT indexname FROM pg_indexes WHERE tablename = 'history_entry_20261126' ORDER BY 1", name);
    const indexed = indexes();
    const hosts = [1, 2].map(() => stack.adopt(openIn(name), (one) => one.close()));
    const [first] = hosts;
    const pool = stack.adopt(createReadingPool(serversOf(name)), (one) => one.end());
    const reader = stack.adopt(await pool.connect(), (one) => one.release(true));
    await reader.query('BEGIN');
    await reader.query('SELECT 1 FROM history_entry');
    await expect(first?.add([entry()], [])).rejects.toThrow(/lock timeout/u);
    await reader.query('COMMIT');
    await Promise.all(hosts.map((host) => host.add([entry({ reply: '550 ONE too' })], [])));
    expect([files(), indexes()]).toEqual([file, indexed]);
    // As a host of the first version makes a day and writes into it.
    database.sql(
      `CREATE TABLE history_entry_20261201 (LIKE history_entry INCLUDING DEFAULTS INCLUDING INDEXES);
       ALTER TABLE history_entry ATTACH PARTITION history_entry_20261201 FOR VALUES FROM (${Date.parse('2026-12-01')}) TO (${Date.parse('2026-12-02')});
       INSERT INTO history_entry (at, id, host, client, helo, sender, recipient, domain, by_check, verdict, reply)
       SELECT ${Date.parse('2026-12-01')}, 'x', host, client, helo, sender, recipient, domain, by_check, verdict, reply FROM history_entry WHERE id = '${old.id}'`,
      name,
    );
    await first?.add([entry({ at: new Date('2026-12-03T12:00:00Z'), reply: '550 one more' })], []);
    const found = async (day: string) => {
      const since = new Date(day);
      const page = await first?.search({ since, until: new Date(since.getTime() + DAY_MS), limit: 10, contains: 'one' });
      return page?.entries.map(({ id, reply }) => (id === old.id ? 'old' : reply));
    };
    const days = [await found('2026-11-26'), await found('2026-12-01'), await found('2026-12-03')];
    expect(days).toEqual([['550 ONE too', '550 ONE too', 'old'], ['550 one'], ['550 one more']]);
    const ofNewDay = "SELECT count(*) FROM pg_indexes WHERE tablename = 'history_entry_20261203' AND indexdef ~ '(words|IS NULL)'";
    expect(database.sql(ofNewDay, name).trim()).toBe('2');
  });

  test('texts that PostgreSQL does not take hold nothing up', async () => {
    const name = newDatabase();
    await using stack = new AsyncDisposableStack();
    const history = stack.adopt(openIn(name), (one) => one.close());
    const odd = entry({ helo: 'a\0b', reply: '550 \ud800 "{},\\', story: '{"a":"\0"}', sender: `${'x'.repeat(2_000)}@sender.example` });
    await history.add([odd, entry()], []);
    expect((await history.find(odd.id))[0]).toMatchObject({ helo: 'a\u{fffd}b', sender: odd.sender, reply: '550 \u{fffd} "{},\\' });
  });
});

test('no search reads a whole table, whatever is looked for', async () => {
  const name = newDatabase();
  const history = openIn(name);
  await history.add([entry(), entry({ at: new Date(AT.getTime() - DAY_MS) })], []);
  const scans = () => database.sql("SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname LIKE 'history_entry_%'", name).trim();
  const reader = openPostgresHistory({ pool: createReadingPool(serversOf(name)), name });
  // What a connection did is counted at its end.
  await history.close();
  const before = scans();
  for (const query of allQueries()) await reader.search(query);
  await reader.find(entry().id);
  await reader.close();
  expect(scans()).toBe(before);
  const reads = database.sql("SELECT sum(idx_scan) > 1000 FROM pg_stat_user_tables WHERE relname LIKE 'history_entry_%'", name);
  expect(reads.trim()).toBe('t');
});

test('a standby serves readers, and is passed over by whoever writes', async () => {
  const name = newDatabase();
  await using stack = new AsyncDisposableStack();
  const history = stack.adopt(openIn(name), (one) => one.close());
  const one = entry();
  await history.add([one], []);
  const standby = stack.use(await startStandby(database));
  const servers = serversOf(name).map((server) => ({ ...server, port: standby.port }));
  const reader = stack.adopt(openPostgresHistory({ pool: createReadingPool(servers), name }), (each) => each.close());
  expect(await reader.find(one.id)).toHaveLength(1);
  expect((await reader.search({ since: new Date(0), until: new Date(8e15), limit: 5, domain: 'one.example' })).entries).toHaveLength(1);
  const writer = stack.adopt(openPostgresHistory({ pool: createWritingPool(servers), name }), (each) => each.close());
  await expect(writer.add([entry()], [])).rejects.toThrow('it is a standby, and takes no changes');
  await expect(reader.add([entry()], [])).rejects.toThrow(HistoryFault);
});

test('a server that is away is a fault, in words; and when it is back, all goes on', async () => {
  const name = newDatabase();
  await using stack = new AsyncDisposableStack();
  const history = stack.adopt(openIn(name), (one) => one.close());
  await history.add([entry()], []);
  await database.stop();
  const fault = await history.add([entry()], []).catch((error: unknown) => error);
  await database.start();
  expect(fault).toBeInstanceOf(HistoryFault);
  expect((fault as HistoryFault).message).toMatch(/^the history on history\d+: /u);
  await history.add([entry()], []);
});

describe('a host writes it and mxctl reads it; a thousand messages get the replies that they would have got', () => {
  const name = 'of_a_host';
  let site: WorldSite;
  let mx: RunningMx;
  let expected: readonly string[] = [];
  /** Entries that the history should have. */
  let decided = 0;
  const journal = () => readFileSync(join(site.folder, 'journal.log'), 'utf8');
  beforeAll(async () => {
    database.create(name, '');
    site = await makeSiteOfMany({ history: { url: `postgres://postgres@127.0.0.1:${database.port}/${name}` } });
    const file = join(site.folder, 'journal.log');
    writeFileSync(file, '');
    mx = await startMx({ siteFile: site.siteFile, host: 'a10', workers: 1, by: ['sh', '-c', `exec "$0" "$@" 2>> '${file}'`] });
    expected = await say('usual', 1);
    await untilStored('usual', entriesOf(1));
  }, 120_000);
  afterAll(async () => {
    await mx?.stop();
    await site?.[Symbol.asyncDispose]();
  });

  const say = (sender: string, recipients: number) =>
    converse({
      ...{ port: mx.port, sender, recipients },
      onDecided: (entries) => {
        decided += entries;
      },
    });
  const countStored = (where = 'true') => Number(database.sql(`SELECT count(*) FROM history_entry WHERE ${where}`, name));
  const countOf = (sender: string) => countStored(`sender = '${sender}@sender.test'`);
  const untilStored = (sender: string, least: number) =>
    waitFor(`${least} entries of ${sender} are there`, () => (countOf(sender) >= least ? countOf(sender) : undefined), {
      deadlineMs: 90_000,
      explain: () => `${countOf(sender)} are there\n${journal().slice(-2_000)}`,
    });
  const mxctl = async (...args: readonly string[]) => {
    const program = [join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', site.siteFile, 'trace', ...args];
    const ran = await runToEnd(process.execPath, program);
    return { code: ran.ending(), out: ran.stdout(), err: ran.stderr() };
  };

  test('while PostgreSQL is killed; each decision is kept once', async () => {
    await database.kill();
    try {
      expect(await say('killed', 4)).toEqual(expected);
      const { code, err } = await mxctl('--limit', '1');
      expect(code).toBe(75);
      expect(err).toMatch(/^mxctl: the history on postgres:\/\/\S+: .+\n$/u);
      expect(journal()).toContain('"where":"history"');
    } finally {
      await database.start();
    }
    expect(await untilStored('killed', entriesOf(4))).toBe(entriesOf(4));
    const { out } = await mxctl('--from', 'killed@sender.test', '--limit', '500', '--json');
    const [first] = JSON.parse(out) as readonly { readonly id: string }[];
    expect((await mxctl(first?.id ?? '')).out).toMatch(/^The message was (?:refused|delayed|delivered)\b/mu);
  });

  test('while PostgreSQL stands still; what does not fit into the queue is dropped', async () => {
    expect(await database.whileFrozen(() => say('frozen', 12))).toEqual(expected);
    expect(await untilStored('frozen', WAITING_MAX - BATCH)).toBeLessThan(entriesOf(12));
  });

  test('and the number of what was dropped is exact', async () => {
    // Behind everything that waits.
    expect(await say('last', 1)).toEqual(expected);
    expect(await untilStored('last', entriesOf(1))).toBe(entriesOf(1));
    await mx.stop();
    expect(droppedIn(journal())).toEqual({ entries: decided - countStored(), counts: 0 });
    expect(decided - countStored()).toBeGreaterThan(0);
  });
});
