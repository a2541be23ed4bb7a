import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';

/** The program of somebody who asks files for their mailboxes, each time that a line comes in, and says what he is told of each in one line. */
const READER = `
  const { openSqliteSource } = await import(${JSON.stringify(import.meta.resolve('./sqlite.ts'))});
  const [user, ...paths] = process.argv.slice(1);
  if (user === 'nobody') { process.setgroups([]); process.setgid('nogroup'); process.setuid('nobody'); }
  const sources = paths.map((path) => openSqliteSource(path, () => performance.now()));
  const statement = { sql: 'SELECT name FROM mailboxes ORDER BY name', values: [] };
  const told = (rows) => rows.map((row) => row.name).join();
  for await (const _ of process.stdin) for (const source of sources) {
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

/** Starts of programs take long on a busy machine. */
const PATIENCE_MS = 120_000;

/** What the reader says once, of each file. */
function ask(user: 'root' | 'nobody', paths: readonly string[], by: readonly string[] = []): readonly string[] {
  const command = [...by, process.execPath, '--input-type=module', '-e', READER, user, ...paths];
  return execFileSync('env', command, { input: '\n', encoding: 'utf8' }).trim().split('\n');
}

/** Sees files at other places, and nothing beside them, as a container does that is given single files. */
function mountedAlone(files: readonly (readonly [file: string, at: string])[]): readonly string[] {
  const mounts = files.map(([file, at]) => {
    writeFileSync(at, '');
    return `mount --bind '${file}' '${at}' && mount -o remount,bind,ro '${at}'`;
  });
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', `${mounts.join(' && ')} && exec "$0" "$@"`];
}

it.runIf(process.getuid?.() === 0)(
  'a file that is mounted by itself is refused: its log cannot be seen',
  () =>
    withFolder((folder) => {
      const kinds = (['wal', 'delete'] as const).map((journal) => {
        const path = join(folder, journal);
        const db = make(path, journal);
        add(db, 'bob');
        return { db, path, at: join(folder, `${journal}-mounted`) };
      });
      const [paths, places] = [kinds.map(({ path }) => path), kinds.map(({ at }) => at)];
      const told = ask('root', [...places, ...paths], mountedAlone(kinds.map(({ path, at }) => [path, at])));
      const refused = expect.stringContaining('the file is mounted by itself') as string;
      expect(told).toEqual([refused, refused, 'alice,bob', 'alice,bob']);
      for (const { db } of kinds) db.close();
    }),
  PATIENCE_MS,
);

it(
  'a file with a change that was interrupted is refused in one clear line, and read again once the change is undone',
  () =>
    withFolder(async (folder) => {
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
      await using reader = openReader(path, 'root');
      expect(await reader.ask()).toMatch(
        /^directory sqlite:\S+: a change of it was interrupted, and is undone when .*source\.db-journal\)$/u,
      );
      const db = new DatabaseSync(path);
      db.prepare('SELECT count(*) FROM mailboxes').get();
      db.close();
      expect(await reader.ask()).toBe('alice');
    }),
  PATIENCE_MS,
);

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
      expect(ask('nobody', [path])).toEqual([expect.stringMatching(/source\.db-wal, which this user may not use/u)]);
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
      expect(ask('nobody', [copy])).toEqual([expect.stringMatching(/left\.db-wal, which this user may not use/u)]);
    }),
  PATIENCE_MS,
);

/** A reader that stays. */
function openReader(path: string, user = 'nobody') {
  const child = spawn(process.execPath, ['--input-type=module', '-e', READER, user, path], { stdio: ['pipe', 'pipe', 'inherit'] });
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
