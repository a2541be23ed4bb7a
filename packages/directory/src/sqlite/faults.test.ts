import { chmod, stat, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { parseAddress } from '@vratny/smtp';
import { describe, expect, it } from 'vitest';
import { DirectoryFault } from '../port.ts';
import { openSqliteDirectory, openSqliteRegister } from '../sqlite.ts';
import { withPath } from './temporary-folder.fixture.ts';

const now = (): Date => new Date(0);

/** Makes a directory with one mailbox, then changes its file behind the program's back. */
async function makeThen(path: string, sql: string): Promise<void> {
  const register = await openSqliteRegister({ path, now });
  await register.addDomain('one.test', 'd', 'test');
  await register.addMailbox('alice@one.test', {}, 'test');
  await register.close();
  runSql(path, sql);
}

function runSql(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

const alice = () => {
  const address = parseAddress('alice@one.test', { utf8: false });
  if (typeof address === 'string') throw new Error(address);
  return address;
};

describe('opening', () => {
  const rows: readonly (readonly [what: string, spoil: (path: string) => Promise<void>, says: string])[] = [
    ['text instead of a database', (path) => writeFile(path, 'no database, just some text\n'.repeat(100)), 'not a database'],
    ['a database of something else', async (path) => runSql(path, 'CREATE TABLE counters (key TEXT)'), 'something else'],
    ['a newer schema', (path) => makeThen(path, "INSERT INTO directory_migrations VALUES (99, 'later', 0)"), 'a newer program made it'],
    ['a table of migrations without rows', (path) => makeThen(path, 'DELETE FROM directory_migrations'), 'migrations is empty'],
  ];

  it.each(rows)('%s is a fault that names the file, for look-ups and for changes', (_, spoil, says) =>
    withPath(async (path) => {
      await spoil(path);
      for (const open of [() => openSqliteDirectory({ path }), () => openSqliteRegister({ path, now })]) {
        const fault: unknown = await open().catch((error: unknown) => error);
        expect(fault).toBeInstanceOf(DirectoryFault);
        expect(String(fault)).toContain(says);
        expect(String(fault)).toContain(path);
      }
    }),
  );

  it('look-ups never make a file, and an empty one is told apart', () =>
    withPath(async (path) => {
      await expect(openSqliteDirectory({ path })).rejects.toThrow('no such file');
      await expect(stat(path)).rejects.toThrow('ENOENT');
      await writeFile(path, '');
      await expect(openSqliteDirectory({ path })).rejects.toThrow('the file is empty');
    }));

  it('a folder that is not there is a fault', () =>
    withPath(async (path) => {
      await expect(openSqliteRegister({ path: `${path}/below/directory.db`, now })).rejects.toThrow(DirectoryFault);
    }));

  it.each([0o000, 0o077])('with umask %i a new file is closed to others, as are the files beside it; an old one keeps its mode', (umask) =>
    withPath(async (path) => {
      const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);
      const before = process.umask(umask);
      const register = await openSqliteRegister({ path, now }).finally(() => void process.umask(before));
      await register.addDomain('one.test', 'd', 'test');
      expect([await modeOf(path), await modeOf(`${path}-wal`), await modeOf(`${path}-shm`)]).toEqual(['640', '640', '640']);
      await register.close();
      await chmod(path, 0o600);
      await (await openSqliteRegister({ path, now })).close();
      expect(await modeOf(path)).toBe('600');
    }),
  );
});

describe('asking', () => {
  const rows: readonly (readonly [what: string, sql: string])[] = [
    ['a table that is gone', 'PRAGMA foreign_keys = OFF; DROP TABLE mailboxes'],
    ['a letter that is none', "PRAGMA ignore_check_constraints = ON; UPDATE domains SET letter = 'z'"],
    ['a number that cannot be read', 'UPDATE mailboxes SET used_bytes = 9223372036854775807'],
  ];

  it.each(rows)('%s is a fault, never an unknown mailbox', (_, sql) =>
    withPath(async (path) => {
      await makeThen(path, sql);
      const ask = async (): Promise<unknown> => {
        // A table that is gone is seen while opening, a column that holds nonsense only when it is asked for.
        const directory = await openSqliteDirectory({ path });
        try {
          return await directory.findDestination(alice());
        } finally {
          await directory.close();
        }
      };
      await expect(ask()).rejects.toThrow(DirectoryFault);
    }),
  );

  it('a lock that somebody keeps makes changes a fault and leaves look-ups alone; afterwards both work', () =>
    withPath(async (path) => {
      await makeThen(path, '');
      const other = new DatabaseSync(path);
      const register = await openSqliteRegister({ path, now });
      const directory = await openSqliteDirectory({ path });
      other.exec('BEGIN IMMEDIATE');
      await expect(register.setEnabled('alice@one.test', false, 'test')).rejects.toThrow(DirectoryFault);
      await expect(register.addUsage('alice@one.test', 1)).rejects.toThrow(DirectoryFault);
      expect((await directory.findDestination(alice())).kind).toBe('mailboxes');
      other.exec('ROLLBACK');
      expect((await register.setEnabled('alice@one.test', false, 'test')).enabled).toBe(false);
      other.close();
      await directory.close();
      await register.close();
    }));

  it('a change whose audit cannot be written is not made', () =>
    withPath(async (path) => {
      await makeThen(path, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'disk full'); END");
      const register = await openSqliteRegister({ path, now });
      await expect(register.addMailbox('bob@one.test', {}, 'test')).rejects.toThrow('disk full');
      expect((await register.listMailboxes('one.test')).map((mailbox) => mailbox.address)).toEqual(['alice@one.test']);
      await register.close();
    }));
});
