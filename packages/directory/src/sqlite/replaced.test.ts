import { existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { ACTOR, answer } from '../contract/opened.ts';
import { DirectoryFault } from '../port.ts';
import { acceptSqliteDirectory, openSqliteDirectory, openSqliteRegister } from '../sqlite.ts';
import { withPath } from './temporary-folder.fixture.ts';

const now = (): Date => new Date(0);
const SECOND_MS = 1_000;

/** Makes a directory of `one.test` with these mailboxes, closed in order. */
async function make(path: string, ...names: readonly string[]): Promise<void> {
  const register = await openSqliteRegister({ path, now });
  await register.addDomain('one.test', 'd', ACTOR);
  for (const name of names) await register.addMailbox(`${name}@one.test`, {}, ACTOR);
  await register.close();
}

/** A host that runs: both halves on one file, and its clock. */
async function open(path: string, whenMissing: 'reject' | 'wait' = 'reject') {
  let ms = 0;
  const options = { path, now, whenMissing, monotonicMs: () => ms };
  const register = await openSqliteRegister(options);
  const directory = await openSqliteDirectory(options);
  return {
    register,
    ask: (name: string) => answer(directory, `${name}@one.test`),
    pass: (byMs: number) => {
      ms += byMs;
    },
    close: () => Promise.all([register.close(), directory.close()]),
  };
}

describe('a file that is moved over the open one', () => {
  it('is asked before a mailbox is called unknown, and for what it has no more within a second', () =>
    withPath(async (path) => {
      await make(path, 'alice');
      await make(`${path}.new`, 'bob');
      const host = await open(path);
      expect(await host.ask('alice')).toBe('alice@one.test');
      renameSync(`${path}.new`, path);
      expect(await host.ask('bob')).toBe('bob@one.test');
      host.pass(SECOND_MS);
      expect(await host.ask('alice')).toBe('unknown');
      await host.close();
    }));

  it('and has lost a fifth of its domains: who is in it is there, nobody else is refused until it is accepted', () =>
    withPath(async (path) => {
      const fill = async (at: string, count: number): Promise<void> => {
        await make(at, 'alice');
        const register = await openSqliteRegister({ path: at, now });
        await register.putRecords(
          Array.from({ length: count }, (_, index) => ({ kind: 'domain', name: `d${index}.test`, defaultLetter: 'd' }) as const),
          ACTOR,
          { graceUntil: now() },
        );
        await register.close();
      };
      await fill(path, 99);
      await fill(`${path}.new`, 79);
      const host = await open(path);
      expect(await host.ask('bob')).toBe('unknown');
      renameSync(`${path}.new`, path);
      await expect(host.ask('bob')).rejects.toThrow('the file that stands there now has 80 domains, 100 before');
      expect(await host.ask('alice')).toBe('alice@one.test');
      expect(await acceptSqliteDirectory(path)).toBe(80);
      expect(await host.ask('bob')).toBe('unknown');
      const accepted = `${path}.accepted`;
      expect(existsSync(accepted)).toBe(true);
      await fill(`${path}.less`, 49);
      renameSync(`${path}.less`, path);
      await expect(host.ask('bob')).rejects.toThrow('50 domains, 80 before');
      // It spoke of another file, and goes when somebody writes.
      await host.register.setPolicy('one.test', 'c', now(), ACTOR);
      expect(existsSync(accepted)).toBe(false);
      host.pass(3_600_000);
      expect(await host.ask('bob')).toBe('unknown');
      await host.close();
    }));

  it('is not mixed with what lies in the log of the old one', () =>
    withPath(async (path) => {
      await make(path, 'alice', 'carol');
      await make(`${path}.new`, 'bob', 'carol');
      const [host, other] = [await open(path), await open(path)];
      for (const one of [host, other]) await one.register.addUsage('carol@one.test', 1);
      expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
      renameSync(`${path}.new`, path);
      for (const one of [host, other]) expect(await one.ask('bob')).toBe('bob@one.test');
      for (const one of [host, other]) await one.register.addUsage('carol@one.test', 10);
      const mailboxes = (await host.register.listMailboxes('one.test')).map(({ address, usedBytes }) => [address, usedBytes]);
      expect(mailboxes).toEqual([
        ['bob@one.test', 0],
        ['carol@one.test', 20],
      ]);
      await Promise.all([host.close(), other.close()]);
      const database = new DatabaseSync(path);
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      expect(database.prepare('SELECT sum(used_bytes) AS used FROM mailboxes').get()).toEqual({ used: 20 });
      database.close();
    }));

  it('gets the changes that are made from then on', () =>
    withPath(async (path) => {
      await make(path, 'alice');
      await make(`${path}.new`, 'alice');
      const host = await open(path);
      await host.register.addUsage('alice@one.test', 1);
      renameSync(`${path}.new`, path);
      await host.register.addUsage('alice@one.test', 5);
      expect((await host.register.listMailboxes('one.test'))[0]?.usedBytes).toBe(5);
      await host.close();
    }));

  it('is found behind a symbolic link that points elsewhere now, and the old one keeps its own log', () =>
    withPath(async (path) => {
      await make(`${path}.a`, 'alice');
      await make(`${path}.b`, 'bob');
      symlinkSync(`${path}.a`, path);
      const [host, other] = [await open(path), await open(`${path}.a`)];
      await other.register.addUsage('alice@one.test', 7);
      for (const [target, name] of [['b', 'bob'] as const, ['a', 'alice'] as const]) {
        rmSync(path);
        symlinkSync(`${path}.${target}`, path);
        host.pass(SECOND_MS);
        expect(await host.ask(name)).toBe(`${name}@one.test`);
      }
      expect((await host.register.listMailboxes('one.test'))[0]?.usedBytes).toBe(7);
      expect(existsSync(`${path}.a-wal`)).toBe(true);
      await Promise.all([host.close(), other.close()]);
    }));
});

describe('a directory that is not there', () => {
  const losses: readonly (readonly [what: string, lose: (path: string) => void, says: string])[] = [
    ['removed', (path) => rmSync(path), 'there is no such file'],
    ['replaced by an empty file', (path) => emptyInstead(path), 'the file is empty'],
    ['cut to nothing', (path) => truncateSync(path, 0), ''],
    ['replaced by a folder', (path) => folderInstead(path), ''],
  ];
  it.each(losses)('%s: every answer is a fault, nothing is made, and it is used again when it is back', (_what, lose, says) =>
    withPath(async (path) => {
      await make(path, 'alice');
      await make(`${path}.spare`, 'alice');
      const host = await open(path);
      expect(await host.ask('alice')).toBe('alice@one.test');
      lose(path);
      host.pass(SECOND_MS);
      for (const name of ['alice', 'nobody', 'postmaster']) await expect(host.ask(name)).rejects.toThrow(DirectoryFault);
      await expect(host.ask('alice')).rejects.toThrow(says);
      await expect(host.register.addUsage('alice@one.test', 1)).rejects.toThrow(DirectoryFault);
      rmSync(path, { recursive: true, force: true });
      await expect(host.ask('alice')).rejects.toThrow('there is no such file');
      expect(existsSync(path)).toBe(false);
      renameSync(`${path}.spare`, path);
      expect(await host.ask('alice')).toBe('alice@one.test');
      await host.close();
    }),
  );

  it('without a single domain: a fault, never "elsewhere"', () =>
    withPath(async (path) => {
      await make(path, 'alice');
      await (await openSqliteRegister({ path: `${path}.new`, now })).close();
      const host = await open(path);
      renameSync(`${path}.new`, path);
      host.pass(SECOND_MS);
      await expect(host.ask('alice')).rejects.toThrow('no domain at all');
      await host.close();
    }));

  it('at the start, where that is asked for: everything is a fault until it comes', () =>
    withPath(async (path) => {
      const host = await open(path, 'wait');
      await expect(host.ask('alice')).rejects.toThrow('there is no such file');
      await expect(host.register.listStores()).rejects.toThrow(DirectoryFault);
      expect(existsSync(path)).toBe(false);
      await make(path, 'alice');
      expect(await host.ask('alice')).toBe('alice@one.test');
      await host.close();
    }));

  it('is made by nobody who was not asked to', () =>
    withPath(async (path) => {
      await expect(open(path)).rejects.toThrow('there is no such file');
      writeFileSync(path, '');
      await expect(open(path)).rejects.toThrow('the file is empty');
      expect(statSync(path).size).toBe(0);
    }));
});

function emptyInstead(path: string): void {
  writeFileSync(`${path}.empty`, '');
  renameSync(`${path}.empty`, path);
}

function folderInstead(path: string): void {
  rmSync(path);
  mkdirSync(path);
}
