import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReceipt } from '../ids.ts';
import { historyContract } from './contract.ts';
import { createMemoryHistory } from './memory.ts';
import { type HistoryEntry, HistoryFault } from './port.ts';
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

  test.each([
    ['a receipt', 'id = ?'],
    ['a domain', 'at >= ? AND at < ? AND domain = ?'],
    ['a recipient', 'at >= ? AND at < ? AND recipient = ?'],
    ['the beginning of a recipient', 'at >= ? AND at < ? AND recipient >= ? AND recipient < ?'],
    ['a sender', 'at >= ? AND at < ? AND sender = ?'],
    ['a client', 'at >= ? AND at < ? AND client = ?'],
    ['a check', 'at >= ? AND at < ? AND by_check = ?'],
    ['a time', 'at >= ? AND at < ?'],
  ])('has an index for %s', async (_what, where) => {
    const own = newFolder();
    const history = openSqliteHistory({ folder: own });
    await history.add([entry()], []);
    await history.close();
    const database = new DatabaseSync(join(own, '2026-11-26.db'), { readOnly: true });
    const plan = database.prepare(`EXPLAIN QUERY PLAN SELECT * FROM entry WHERE ${where} ORDER BY at DESC, nth DESC LIMIT ?`).all();
    database.close();
    expect(plan.map((row) => String(row['detail'])).join('\n')).toMatch(/SEARCH entry USING INDEX/u);
  });
});
