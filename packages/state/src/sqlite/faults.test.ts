import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LEASE_REMEMBERED_MS, PURGE_EVERY_MS, PURGE_ROWS_MAX } from '../limits.ts';
import { StateFault } from '../port.ts';
import { openSqliteState } from '../sqlite.ts';

const run = promisify(execFile);
const TIMES = { delayMs: 10, windowMs: 100 };
const start = new Date(0);

async function withPath<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vratny-state-'));
  try {
    return await work(join(folder, 'state.db'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function runSql(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

function countRows(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const row = db.prepare('SELECT count(*) AS n FROM greylist').get();
  db.close();
  return Number(row?.['n']);
}

/** The tables that have changed since schema 1, as they were, with a lease and two senders in them. */
const FIRST_LEASES = `
DROP TABLE leases;
CREATE TABLE leases (key TEXT PRIMARY KEY, owner TEXT NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX leases_ends ON leases (ends_at);
INSERT INTO leases VALUES ('m', 'one', 100);
DROP TABLE greylist;
CREATE TABLE greylist (key TEXT PRIMARY KEY, opens_at INTEGER NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX greylist_ends ON greylist (ends_at);
INSERT INTO greylist VALUES ('"a b"@example.net 192.0.2.0/24', 0, 1000), ('plain', 0, 1000);
PRAGMA user_version = 1;
`;

describe('opening', () => {
  const rows: readonly (readonly [what: string, spoil: (path: string) => Promise<void> | void, says: string])[] = [
    ['text instead of a database', (path) => writeFile(path, 'no database, just some text\n'.repeat(100)), 'not a database'],
    ['a database of something else', (path) => runSql(path, 'CREATE TABLE mailboxes (key TEXT)'), 'something else'],
    ['a marked database of something else', (path) => runSql(path, 'PRAGMA application_id = 7'), 'something else'],
  ];
  it.each(rows)('%s is a fault that names the file', (_what, spoil, says) =>
    withPath(async (path) => {
      await spoil(path);
      const fault: unknown = await openSqliteState({ path }).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(StateFault);
      expect(String(fault)).toContain(says);
      expect(String(fault)).toContain(path);
    }),
  );

  it('a newer schema, and a folder that is not there', () =>
    withPath(async (path) => {
      await (await openSqliteState({ path })).close();
      runSql(path, 'PRAGMA user_version = 99');
      await expect(openSqliteState({ path })).rejects.toThrow('a newer program made it');
      await expect(openSqliteState({ path: `${path}/below/state.db` })).rejects.toThrow(StateFault);
    }));

  it('a file of the first schema is brought up to date, and what was held then is held on', () =>
    withPath(async (path) => {
      await (await openSqliteState({ path })).close();
      runSql(path, FIRST_LEASES);
      const [state, other] = await Promise.all([openSqliteState({ path }), openSqliteState({ path })]);
      expect(await state.lease.begin('m', 'two', new Date(100), 100)).toEqual({ kind: 'busy' });
      expect(await other.lease.begin('m', 'two', new Date(101), 100)).toMatchObject({ kind: 'begun', unfinished: true });
      await Promise.all([state.close(), other.close()]);
      await (await openSqliteState({ path })).close();
      const db = new DatabaseSync(path, { readOnly: true });
      expect(db.prepare('SELECT network FROM greylist ORDER BY key').all()).toEqual([{ network: '192.0.2.0/24' }, { network: 'plain' }]);
      db.close();
    }));

  it('a new file is closed to others', () =>
    withPath(async (path) => {
      const state = await openSqliteState({ path });
      expect((await stat(path)).mode & 0o777).toBe(0o640);
      await state.close();
    }));

  it('what was known is known after a restart', () =>
    withPath(async (path) => {
      const before = await openSqliteState({ path });
      await before.greylist.firstSeen('a', start, TIMES);
      await before.close();
      const later = await openSqliteState({ path });
      expect((await later.greylist.firstSeen('a', new Date(10), TIMES)).kind).toBe('passed');
      await later.close();
    }));
});

describe('several processes', () => {
  const CONTACTS = 200;
  // On a busy machine a lock may be held for longer than SQLite waits: that is a fault, nothing has happened, and a sender would come back.
  const CALLER = `
    const [module, path] = process.argv.slice(1);
    const { openSqliteState } = await import(module);
    const state = await openSqliteState({ path });
    const again = async (call) => {
      for (;;) {
        try {
          return await call();
        } catch (error) {
          if (!error.message.endsWith('database is locked')) throw error;
        }
      }
    };
    let first = 0;
    for (let i = 0; i < ${CONTACTS}; i++) {
      const contact = await again(() => state.greylist.firstSeen('sender ' + i, new Date(0), { delayMs: 10, windowMs: 100 }));
      if (contact.kind === 'first') first += 1;
      await again(() => state.counters.hit('all', new Date(0), 100));
    }
    await state.close();
    process.stdout.write(String(first));
  `;

  it('that make the file at once agree who was first, and lose no count', () =>
    withPath(async (path) => {
      const module = new URL('../sqlite.ts', import.meta.url).href;
      const call = () => run(process.execPath, ['--input-type=module', '-e', CALLER, '--', module, path]);
      const outputs = await Promise.all([call(), call(), call()]);
      expect(outputs.reduce((sum, { stdout }) => sum + Number(stdout), 0)).toBe(CONTACTS);
      const state = await openSqliteState({ path });
      expect(await state.counters.count('all', start)).toBe(3 * CONTACTS);
      await state.close();
    }));

  it('a lock that is held is a fault, and no harm is done', () =>
    withPath(async (path) => {
      const state = await openSqliteState({ path });
      const other = new DatabaseSync(path);
      other.exec('BEGIN IMMEDIATE');
      await expect(state.greylist.firstSeen('a', start, TIMES)).rejects.toThrow(/^state .*: database is locked$/u);
      await expect(state.lease.begin('a', 'one', start, 10)).rejects.toThrow(StateFault);
      expect(await state.counters.count('a', start)).toBe(0);
      other.exec('ROLLBACK');
      other.close();
      expect((await state.greylist.firstSeen('a', start, TIMES)).kind).toBe('first');
      await state.close();
    }));
});

it('remembers an unfinished lease while ended rows are taken out', () =>
  withPath(async (path) => {
    const state = await openSqliteState({ path });
    await state.lease.begin('m', 'one', start, 10);
    await state.counters.hit('anything', new Date(LEASE_REMEMBERED_MS), 1);
    expect(await state.lease.begin('m', 'two', new Date(LEASE_REMEMBERED_MS), 10)).toMatchObject({ unfinished: true });
    await state.close();
  }));

it('says nothing of leases that are to be forgotten and were not taken out yet', () =>
  withPath(async (path) => {
    const state = await openSqliteState({ path });
    const many = Array.from({ length: PURGE_ROWS_MAX + 20 }, (_, i) => `message ${i}`);
    for (const key of many) await state.lease.begin(key, 'one', start, 10);
    const forgotten = new Date(LEASE_REMEMBERED_MS + 11);
    for (const key of many) expect(await state.lease.begin(key, 'two', forgotten, 10)).toMatchObject({ unfinished: false });
    await state.close();
  }));

it('takes ended rows out, a bounded number at a time', () =>
  withPath(async (path) => {
    const state = await openSqliteState({ path });
    const many = PURGE_ROWS_MAX + 20;
    for (let i = 0; i < many; i++) await state.greylist.firstSeen(`sender ${i}`, start, TIMES);
    await state.greylist.firstSeen('later', new Date(PURGE_EVERY_MS), { delayMs: 10, windowMs: 10 * PURGE_EVERY_MS });
    expect(countRows(path)).toBe(20 + 1);
    await state.counters.hit('anything', new Date(2 * PURGE_EVERY_MS), 1);
    expect(countRows(path)).toBe(1);
    await state.close();
  }));

describe('a file that is lost while it is open', () => {
  const losses: readonly (readonly [what: string, lose: (path: string) => Promise<void>])[] = [
    ['removed', (path) => rm(path)],
    ['removed with what lies beside it', async (path) => void (await Promise.all(['', '-wal', '-shm'].map((end) => rm(path + end))))],
    [
      'replaced',
      async (path) => {
        await (await openSqliteState({ path: `${path}.new` })).close();
        await rename(`${path}.new`, path);
      },
    ],
  ];
  it.each(losses)('%s: all processes agree on the next one at once', (_what, lose) =>
    withPath(async (path) => {
      const [one, other] = await Promise.all([openSqliteState({ path }), openSqliteState({ path })]);
      await one.greylist.firstSeen('a', start, TIMES);
      await lose(path);
      expect(await one.lease.begin('m', 'one', start, 100)).toMatchObject({ kind: 'begun' });
      expect(await other.lease.begin('m', 'two', start, 100)).toEqual({ kind: 'busy' });
      expect((await other.greylist.firstSeen('a', start, TIMES)).kind).toBe('first');
      expect((await one.greylist.firstSeen('a', start, TIMES)).kind).toBe('early');
      await Promise.all([one.close(), other.close()]);
      expect(countRows(path)).toBe(1);
    }),
  );

  it('with its folder: a fault, until the folder is back', () =>
    withPath(async (path) => {
      const folder = join(path, '..', 'volume');
      await mkdir(folder);
      const state = await openSqliteState({ path: join(folder, 'state.db') });
      await rename(folder, `${folder}.away`);
      await expect(state.counters.hit('a', start, 100)).rejects.toThrow(StateFault);
      await rename(`${folder}.away`, folder);
      expect(await state.counters.hit('a', start, 100)).toBe(1);
      await state.close();
    }));
});
