import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReceipt } from '../ids.ts';
import { historyContract } from './contract.ts';
import { createMemoryHistory } from './memory.ts';
import { type HistoryEntry, HistoryFault, type HistoryQuery } from './port.ts';
import { allQueries } from './queries.fixture.ts';
import { searchStatement } from './search-sql.ts';
import { openSqliteHistory } from './sqlite.ts';

let root = '';
let nth = 0;
const newFolder = () => join(root, String(nth++));
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vratny-history-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

historyContract('memory', async () => createMemoryHistory());
let folder = '';
historyContract(
  'sqlite',
  async () => {
    folder = newFolder();
    return openSqliteHistory({ folder });
  },
  async () => openSqliteHistory({ folder, readOnly: true }),
);

const AT = new Date('2026-11-26T12:00:00Z');
const entry = (parts: Partial<HistoryEntry> = {}): HistoryEntry => ({
  ...{ id: newReceipt(AT), at: AT, host: 'd10', client: '192.0.2.1', helo: 'x', sender: 'secret-person@sender.example' },
  ...{ recipient: 'alice@one.example', check: 'spf', verdict: 'refused', reply: '550 5.7.23 no' },
  ...parts,
});

describe('the folder of a SQLite history', () => {
  test('has a file for each day, which its group may read and nobody else', async () => {
    const own = newFolder();
    const history = openSqliteHistory({ folder: own });
    await history.add([entry(), entry({ at: new Date('2026-11-27T00:00:00Z') })], []);
    await history.close();
    expect(readdirSync(own).sort()).toEqual(['2026-11-26.db', '2026-11-27.db']);
    expect(statSync(join(own, '2026-11-26.db')).mode & 0o777).toBe(0o640);
    expect(statSync(own).mode & 0o777).toBe(0o750);
  });

  test('has no octet of a person that was forgotten', async () => {
    const own = newFolder();
    const history = openSqliteHistory({ folder: own });
    await history.add(
      Array.from({ length: 50 }, () => entry()),
      [],
    );
    await history.forget('secret-person@sender.example');
    // While it is open: the writer may not end for weeks.
    for (const name of readdirSync(own)) expect(readFileSync(join(own, name), 'latin1')).not.toContain('secret-person');
    await history.close();
  });

  test.each([
    ['a file where the folder should be', (own: string) => writeFileSync(own, 'x'), /^the history in .*: ENOTDIR/u],
    [
      'a day that is no database',
      (own: string) => {
        mkdirSync(own);
        writeFileSync(join(own, '2026-11-26.db'), 'garbage'.repeat(100));
      },
      /^the history in .*: file is not a database$/u,
    ],
  ])('%s is a fault, in words', async (_what, spoil, words) => {
    const own = newFolder();
    spoil(own);
    const history = openSqliteHistory({ folder: own, readOnly: true });
    const fault = await history.find(newReceipt(AT)).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(HistoryFault);
    expect(String((fault as HistoryFault).message)).toMatch(words);
  });

  test('has a damaged day once: it is moved aside, other days go on, and it expires with its day', async () => {
    const own = newFolder();
    mkdirSync(own);
    writeFileSync(join(own, '2026-11-26.db'), 'garbage'.repeat(100));
    const history = openSqliteHistory({ folder: own });
    const batch = [entry(), entry({ at: new Date('2026-11-27T00:00:00Z') })];
    await expect(history.add(batch, [])).rejects.toThrow('file is not a database');
    await history.add(batch, []);
    expect(await history.find(batch[0]?.id ?? '')).toHaveLength(1);
    expect(readdirSync(own)).toContain('2026-11-26.db.damaged');
    await history.expire({ entriesFrom: '2026-11-27', countsFrom: '2026-11-27' });
    await history.close();
    expect(readdirSync(own).filter((name) => name.startsWith('2026-11-26'))).toEqual([]);
  });

  test('is not made by forgetting', async () => {
    const own = newFolder();
    const history = openSqliteHistory({ folder: own });
    expect(await history.forget('a@one.example')).toBe(0);
    await history.close();
    expect(readdirSync(root)).not.toContain(own.slice(root.length + 1));
  });

  test('is not made by a reader', async () => {
    const own = newFolder();
    const history = openSqliteHistory({ folder: own, readOnly: true });
    expect(await history.find(newReceipt(AT))).toEqual([]);
    await history.close();
    expect(readdirSync(root)).not.toContain(own.slice(root.length + 1));
  });

  test('has an index for whatever is looked for: no search reads the whole day', async () => {
    const own = newFolder();
    const history = openSqliteHistory({ folder: own });
    await history.add([entry()], []);
    await history.close();
    using database = new DatabaseSync(join(own, '2026-11-26.db'), { readOnly: true });
    const planOf = (sql: string, ...values: readonly (string | number)[]) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values)
        .map((row) => String(row['detail']));
    expect(planOf('SELECT * FROM entry WHERE id = ? ORDER BY nth', 'x').join('\n')).toMatch(/SEARCH entry USING INDEX entry_id/u);
    const scans = allQueries().flatMap((query) => {
      const { sql, values } = searchStatement('sqlite', query, 51);
      const plan = planOf(sql, ...values);
      return plan.some((step) => step.startsWith('SCAN')) || !plan.some((step) => step.startsWith('SEARCH entry')) ? [{ sql, plan }] : [];
    });
    expect(scans).toEqual([]);
  });

  test.each<[string, Partial<HistoryQuery>, string]>([
    ['a recipient before its domain', { recipient: 'a@one.example', domain: 'one.example', verdict: 'refused' }, 'recipient'],
    ['a long beginning before a domain', { sender: 'newsletter@*', domain: 'one.example' }, 'sender'],
    ['a domain before a short beginning', { sender: 'n*', domain: 'one.example', check: 'spf' }, 'domain'],
    ['a domain before bounces', { sender: '', domain: 'one.example' }, 'domain'],
    ['a check before its verdict', { check: 'spf', verdict: 'refused' }, 'by_check'],
    ['the time, when all texts are meant', { sender: '*', recipient: '*' }, 'at'],
  ])('looks for %s', async (_what, query, index) => {
    const own = newFolder();
    const history = openSqliteHistory({ folder: own });
    await history.add([entry()], []);
    await history.close();
    using database = new DatabaseSync(join(own, '2026-11-26.db'), { readOnly: true });
    const { sql, values } = searchStatement('sqlite', { since: new Date(0), until: AT, limit: 50, ...query }, 51);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    expect(plan.map((row) => String(row['detail'])).join('\n')).toMatch(new RegExp(`INDEX entry_${index} `, 'u'));
  });

  test('is read by many at once, of more days than files are held open', async () => {
    const own = newFolder();
    const writer = openSqliteHistory({ folder: own });
    const days = Array.from({ length: 20 }, (_, i) => entry({ at: new Date(AT.getTime() - i * 86_400_000), host: String(i) }));
    await writer.add(days, []);
    const reader = openSqliteHistory({ folder: own, readOnly: true });
    const all = { since: new Date(0), until: new Date('2027-01-01'), limit: 500 };
    // Each begins with another day.
    const untils = days.map(({ at }) => new Date(at.getTime() + 1));
    const pages = await Promise.all(untils.map((until) => reader.search({ ...all, until })));
    expect(pages.map(({ entries }) => entries.length)).toEqual(days.map((_, i) => 20 - i));
    await reader.close();
    await writer.close();
  });

  test('is left by a reader that had a day open when it expires, or is replaced', async () => {
    const own = newFolder();
    const writer = openSqliteHistory({ folder: own });
    const [old, first, second] = [entry({ at: new Date('2026-11-20T00:00:00Z') }), entry(), entry()];
    await writer.add([old, first], []);
    const reader = openSqliteHistory({ folder: own, readOnly: true });
    const all = { since: new Date(0), until: new Date('2027-01-01'), limit: 10 };
    expect((await reader.search(all)).entries).toHaveLength(2);
    await writer.expire({ entriesFrom: '2026-11-21', countsFrom: '2026-11-21' });
    rmSync(join(own, '2026-11-26.db'));
    await writer.add([second], []);
    expect((await reader.search(all)).entries.map(({ id }) => id)).toEqual([second.id]);
    const held = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    expect(held.filter((path) => path.startsWith(own) && path.includes('(deleted)'))).toEqual([]);
    await reader.close();
    await writer.close();
  });
});
