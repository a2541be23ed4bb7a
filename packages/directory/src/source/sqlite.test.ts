import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';

/** The program of somebody who asks a file for the mailboxes alice, bob and carol, each time that a line comes in, and says what he is told in one line. */
const READER = `
  const { openSqliteSource } = await import(${JSON.stringify(import.meta.resolve('./sqlite.ts'))});
  const [path, user] = process.argv.slice(1);
  if (user === 'nobody') { process.setgroups([]); process.setgid('nogroup'); process.setuid('nobody'); }
  const source = openSqliteSource(path, () => performance.now());
  const statement = { sql: 'SELECT name FROM mailboxes ORDER BY name', values: [] };
  const told = (rows) => rows.map((row) => row.name).join();
  for await (const _ of process.stdin) {
    const one = await source.query(statement).then(told, (error) => error.message);
    const other = await source.snapshot((state) => state.query(statement)).then(told, (error) => error.message);
    console.log(one === other ? one : one + ' | ' + other);
  }
`;

async function withFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-source-'));
  chmodSync(folder, 0o755);
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function make(path: string, journal: 'wal' | 'delete'): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = ${journal}; CREATE TABLE mailboxes (name TEXT); INSERT INTO mailboxes VALUES ('alice')`);
  chmodSync(path, 0o644);
  return db;
}

function add(db: DatabaseSync, name: string): void {
  db.prepare('INSERT INTO mailboxes VALUES (?)').run(name);
}

/** What the reader says once. */
function ask(path: string, user: 'root' | 'nobody', by: readonly string[] = []): string {
  const [program, ...args] = [...by, process.execPath, '--input-type=module', '-e', READER, path, user];
  return execFileSync(program, args, { input: '\n', encoding: 'utf8' }).trim();
}

/** Sees one file of a folder at another place, and nothing beside it, as a container does that is given a single file. */
function mountedAlone(file: string, at: string): readonly string[] {
  writeFileSync(at, '');
  const script = 'mount --bind "$0" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, file, at];
}

it.runIf(process.getuid?.() === 0)('a file that is mounted by itself is refused: its log cannot be seen', () =>
  withFolder((folder) => {
    for (const journal of ['wal', 'delete'] as const) {
      const path = join(folder, journal);
      const db = make(path, journal);
      add(db, 'bob');
      const at = join(folder, `${journal}-mounted`);
      expect(ask(at, 'root', mountedAlone(path, at))).toContain('the file is mounted by itself');
      expect(ask(path, 'root')).toBe('alice,bob');
      db.close();
    }
  }),
);

it('a file with a change that was interrupted is refused in one clear line, and read again once the change is undone', () =>
  withFolder((folder) => {
    const path = join(folder, 'source.db');
    make(path, 'delete').close();
    const program = `const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(process.argv[1]);
      db.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE; DELETE FROM mailboxes');
      const insert = db.prepare('INSERT INTO mailboxes VALUES (?)');
      for (let at = 0; at < 2_000; at++) insert.run('x'.repeat(500));
      process.kill(process.pid, 'SIGKILL');`;
    spawnSync(process.execPath, ['--input-type=module', '-e', program, path]);
    expect(existsSync(`${path}-journal`)).toBe(true);
    expect(ask(path, 'root')).toMatch(/^directory sqlite:\S+: a change of it was interrupted, and is undone when .*source\.db-journal\)$/u);
    const db = new DatabaseSync(path);
    db.prepare('SELECT count(*) FROM mailboxes').get();
    db.close();
    expect(ask(path, 'root')).toBe('alice');
  }));

it.runIf(process.getuid?.() === 0)(
  'in a folder that the reader cannot write, each answer is what stands there at that moment, whoever writes, or a refusal',
  () =>
    withFolder(async (folder) => {
      const path = join(folder, 'source.db');
      make(path, 'wal').close();
      await using reader = openReader(path);
      expect(await reader.ask()).toBe('alice');
      // Somebody writes, and is gone: nothing lies beside the file.
      for (const name of ['bob', 'carol']) {
        const db = new DatabaseSync(path);
        add(db, name);
        db.close();
        expect(await reader.ask()).toContain(name);
      }
      // Somebody writes and stays: what he wrote stands in the log.
      const db = new DatabaseSync(path);
      add(db, 'dora');
      const allow = (mode: number): void => {
        for (const one of [`${path}-wal`, `${path}-shm`]) chmodSync(one, mode);
      };
      allow(0o644);
      expect(await reader.ask()).toBe('alice,bob,carol,dora');
      add(db, 'emil');
      expect(await reader.ask()).toBe('alice,bob,carol,dora,emil');
      // A log that the reader may not read.
      allow(0o600);
      expect(ask(path, 'nobody')).toMatch(/source\.db-wal, which this user may not use/u);
      allow(0o644);
      db.close();
      expect(await reader.ask()).toBe('alice,bob,carol,dora,emil');
      // A log that was left, without the file that leads through it.
      const copy = join(folder, 'left.db');
      const writer = new DatabaseSync(path);
      add(writer, 'fred');
      for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${copy}${end}`);
      writer.close();
      for (const end of ['', '-wal']) chmodSync(`${copy}${end}`, 0o644);
      expect(ask(copy, 'nobody')).toMatch(/left\.db-wal, which this user may not use/u);
    }),
);

/** A reader that stays. */
function openReader(path: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', READER, path, 'nobody'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (): Promise<string> => {
      child.stdin.write('\n');
      return String((await lines.next()).value);
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}
