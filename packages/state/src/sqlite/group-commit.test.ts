import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEADLINE_MS } from '../limits.ts';
import { openSqliteState } from '../sqlite.ts';
import { createGroupCommit, type DirectStore, type GroupCommit } from './group-commit.ts';

const NO_STORE = {} as DirectStore;
const NOW = new Date(0);

let folder = '';
let db: DatabaseSync;
let nowMs = 0;
let group: GroupCommit;
let begun: () => number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-group-'));
  db = open();
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x)');
  const exec = vi.spyOn(db, 'exec');
  begun = () => exec.mock.calls.filter(([sql]) => sql === 'BEGIN IMMEDIATE').length;
  nowMs = 0;
  group = createGroupCommit({
    use: async (work) => work({ db, store: NO_STORE, purge: () => undefined }),
    monotonicMs: () => nowMs,
    faultOf: (error) => error as Error,
  });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const open = () => new DatabaseSync(join(folder, 'x.db'), { timeout: 0 });
const rows = () =>
  db
    .prepare('SELECT x FROM t ORDER BY x')
    .all()
    .map((row) => row['x']);
const write = (work: () => unknown) => group.ask({ run: work, writes: () => true });
const insert = (x: number) => write(() => db.prepare('INSERT INTO t VALUES (?)').run(x));
const settled = (work: readonly Promise<unknown>[]) => Promise.allSettled(work).then((all) => all.map(({ status }) => status));

describe('operations of one turn', () => {
  it('are one transaction', async () => {
    await Promise.all([insert(1), insert(2), insert(3)]);
    expect(begun()).toBe(1);
    expect(rows()).toEqual([1, 2, 3]);
  });

  it('take no lock when they only read', async () => {
    const read = () => group.ask({ run: rows, writes: () => false });
    expect(await Promise.all([read(), read()])).toEqual([[], []]);
    expect(begun()).toBe(0);
  });

  it('are done once each when one of them fails, and only that one has failed', async () => {
    const failing = write(() => {
      db.prepare('INSERT INTO t VALUES (9)').run();
      throw new Error('a row that is damaged');
    });
    expect(await settled([insert(1), failing, insert(2)])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(rows()).toEqual([1, 2]);
  });

  it('are done once each when the disk is full for one of them', async () => {
    const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
    db.exec(`PRAGMA max_page_count = ${pages + 1}`);
    const large = write(() => db.prepare('INSERT INTO t VALUES (zeroblob(100000))').run());
    expect(await settled([insert(1), large, insert(2)])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(rows()).toEqual([1, 2]);
  });

  it('are answered after the commit, in the order of asking', async () => {
    const state = await openSqliteState({ path: join(folder, 'state.db') });
    await state.ledger.add('m', ['a@example.test'], NOW, 1000);
    const dropped = state.ledger.drop('m', ['a@example.test']);
    const begun = state.lease.begin('m', 'one', NOW, 1000);
    await dropped;
    expect(await begun).toMatchObject({ kind: 'begun', mailboxes: [] });
    const other = await openSqliteState({ path: join(folder, 'state.db') });
    expect(await other.ledger.read('m', NOW)).toEqual([]);
    await Promise.all([state.close(), other.close()]);
  });
});

describe('a lock that another process has', () => {
  it('is waited for while the event loop runs', async () => {
    const other = open();
    other.exec('BEGIN IMMEDIATE');
    const asked = insert(1);
    await vi.waitFor(() => expect(begun()).toBeGreaterThan(2));
    other.exec('COMMIT');
    other.close();
    await asked;
    expect(rows()).toEqual([1]);
  });

  it('is given up when an operation has waited for the deadline, its place in the queue included', async () => {
    const other = open();
    other.exec('BEGIN IMMEDIATE');
    const early = insert(1).catch((error: unknown) => String(error));
    nowMs = DEADLINE_MS - 1;
    const late = insert(2);
    await vi.waitFor(() => expect(begun()).toBeGreaterThan(2));
    nowMs = DEADLINE_MS;
    expect(await early).toContain('database is locked');
    other.exec('COMMIT');
    other.close();
    await late;
    expect(rows()).toEqual([2]);
  });
});

it('closing answers what was asked before', async () => {
  const state = await openSqliteState({ path: join(folder, 'state.db') });
  const hit = state.counters.hit('a', NOW, 1000);
  await state.close();
  expect(await hit).toBe(1);
});
