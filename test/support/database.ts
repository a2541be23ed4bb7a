import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, type RunningProgram, startProgram } from '@vratny/daemons';
import type { AdoptedDatabase } from '@vratny/directory/adopted';
import { childrenOf } from './process-state.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

/** A MariaDB or PostgreSQL of our own, beside the machine's. */
export interface TestDatabase extends AsyncDisposable {
  readonly kind: 'mysql' | 'postgres';
  readonly port: number;
  /** Runs SQL as its owner, in a database or in none. */
  sql(text: string, database?: string): string;
  /** The same in a session that stays open: a program for each statement takes most of a suite's time. */
  session(database: string): SqlSession;
  /** Makes a database and an account that may only read it, `reader` with the password `secret`, and the tables that it may read. */
  create(database: string, schema: string): void;
  drop(database: string): void;
  /** How the account that may only read reaches it. */
  reader(database: string, ports?: readonly number[]): Extract<AdoptedDatabase, { readonly servers: unknown }>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Does something while it is away; it is back afterwards, however that went. */
  whileAway<T>(work: () => Promise<T>): Promise<T>;
  /** Ends all of its processes with SIGKILL; `start` brings it back. */
  kill(): Promise<void>;
  /** Does something while none of its processes runs, however that goes. */
  whileFrozen<T>(work: () => Promise<T>): Promise<T>;
}

/** Statements one after the other, in one database. */
export interface SqlSession {
  /** Rejects with what the server says. */
  run(text: string): Promise<void>;
  /** Throws away everything that is there, and makes these tables, which the account that may only read may read. */
  begin(schema: string): Promise<void>;
  close(): void;
}

/** The variable with the folder in which a suite keeps the files of empty servers. */
export const DATABASE_TEMPLATES = 'DATABASE_TEMPLATES';

export const READER = { user: 'reader', password: 'secret' };

/** Starts one of each kind; needs root, as its packages do to be installed. */
export async function startDatabase(kind: TestDatabase['kind']): Promise<TestDatabase> {
  const folder = makeTemporaryFolder(kind);
  chmodSync(folder.path, 0o755);
  const port = await findServerPort();
  const program = kind === 'mysql' ? prepareMariadb(folder.path, port) : preparePostgres(folder.path, port);
  let running: RunningProgram | undefined;
  const start = async () => {
    const started = startProgram('setpriv', program.command);
    running = started;
    await waitFor(`${kind} answers`, () => answers(() => program.sql('SELECT 1')), { deadlineMs: 60_000, explain: () => started.stderr() });
  };
  const stop = async () => {
    // PostgreSQL would else wait until its clients go, as long as their pools keep connections.
    if (kind === 'postgres') {
      running?.signal('SIGINT');
      await running?.exited;
    }
    await running?.stop();
    running = undefined;
  };
  const signalAll = (signal: NodeJS.Signals) => {
    const pid = running?.pid;
    if (pid === undefined) throw new Error(`${kind} does not run`);
    for (const one of [pid, ...childrenOf(pid)]) signalIfThere(one, signal);
  };
  await start();
  return {
    kind,
    port,
    async kill() {
      signalAll('SIGKILL');
      await running?.ended;
      running = undefined;
    },
    async whileFrozen(work) {
      // The first one starts no others from then on.
      signalAll('SIGSTOP');
      try {
        return await work();
      } finally {
        signalAll('SIGCONT');
      }
    },
    start,
    stop,
    whileAway: async (work) => {
      await stop();
      try {
        return await work();
      } finally {
        await start();
      }
    },
    sql: program.sql,
    session: (database) => openSession(program, database),
    create(database, schema) {
      for (const line of program.createStatements(database)) program.sql(line);
      program.sql(schema, database);
      for (const line of program.grants(database)) program.sql(line, database);
    },
    drop: (database) => void program.sql(program.dropStatement(database)),
    reader: (database, ports = [port]) => ({
      kind,
      servers: ports.map((one) => ({
        ...READER,
        host: '127.0.0.1',
        port: one,
        database,
        tls: 'disable',
        name: `${kind}://reader@127.0.0.1:${one}/${database}`,
      })),
    }),
    async [Symbol.asyncDispose]() {
      await stop();
      folder.remove();
    },
  };
}

let ports = 0;

/** Below those that connections are given, so that it is still free when the server comes back, and others in each process of a suite, also of one that runs beside it. */
async function findServerPort(): Promise<number> {
  const first = 10_000 + (process.pid % 2_500) * 8;
  for (;;) {
    const wanted = first + (ports++ % 8);
    if ((await findFreePort(wanted)) === wanted) return wanted;
  }
}

/** The same database by its name, which cannot be asked: its servers have no certificates. */
export function unreachable(database: ReturnType<TestDatabase['reader']>): ReturnType<TestDatabase['reader']> {
  return { ...database, servers: database.servers.map((server) => ({ ...server, tls: 'verify-full' as const })) };
}

/** A process of a server may end by itself. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A server that follows a PostgreSQL and takes no changes itself. */
export async function startStandby({ kind, port: primary }: TestDatabase): Promise<AsyncDisposable & { readonly port: number }> {
  if (kind !== 'postgres') throw new Error(`no standby of ${kind} is needed so far`);
  const folder = makeTemporaryFolder('standby');
  chmodSync(folder.path, 0o755);
  giveTo('postgres', folder.path);
  const data = join(folder.path, 'data');
  const port = await findServerPort();
  const from = ['-h', '127.0.0.1', '-p', String(primary), '-U', 'postgres'];
  run('setpriv', asUser('postgres', [`${POSTGRES}/pg_basebackup`, ...from, '-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync']));
  const running = startProgram('setpriv', serverCommand({ data, folder: folder.path, port }));
  const ask = () => run('psql', ['-h', folder.path, '-p', String(port), '-U', 'postgres', '-c', 'SELECT 1', 'postgres']);
  await waitFor('the standby answers', () => answers(ask), { deadlineMs: 60_000, explain: () => running.stderr() });
  return {
    port,
    async [Symbol.asyncDispose]() {
      await running.stop();
      folder.remove();
    },
  };
}

interface PreparedProgram {
  /** For setpriv. */
  readonly command: readonly string[];
  sql(text: string, database?: string): string;
  createStatements(database: string): readonly string[];
  grants(database: string): readonly string[];
  dropStatement(database: string): string;
  /** A client that reads statements, and what it is told to empty a database. */
  client(database: string): readonly [command: string, ...args: string[]];
  emptyStatements(database: string): string;
}

function openSession(program: PreparedProgram, database: string): SqlSession {
  const [command, ...args] = program.client(database);
  const client = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, err, count, over] = ['', '', 0, false];
  client.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  client.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  client.once('close', () => {
    over = true;
    client.stdout.emit('data', '');
  });
  client.stdin.on('error', () => undefined);
  const run = async (text: string): Promise<void> => {
    count += 1;
    out = '';
    const mark = `done ${count}`;
    client.stdin.write(`${text};\nSELECT '${mark}';\n`);
    while (!out.includes(mark)) {
      if (over) throw new Error(`${database}: ${err}`);
      await once(client.stdout, 'data');
    }
  };
  return {
    run,
    begin: (schema) => run([program.emptyStatements(database), schema, ...program.grants(database)].join(';\n')),
    close: () => void client.stdin.end(),
  };
}

function prepareMariadb(folder: string, port: number): PreparedProgram {
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  mkdirSync(data);
  giveTo('mysql', folder, data);
  makeOnce('mysql', data, () =>
    run('mariadb-install-db', [
      '--no-defaults',
      `--datadir=${data}`,
      '--user=mysql',
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]),
  );
  return {
    command: asUser('mysql', [
      ...['mariadbd', '--no-defaults', `--datadir=${data}`, `--socket=${socket}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[
        '--innodb-flush-log-at-trx-commit=0',
        '--innodb-buffer-pool-size=256M',
        `--pid-file=${join(folder, 'pid')}`,
        '--skip-name-resolve',
      ],
    ]),
    sql: (text, database) =>
      run('mariadb', ['--no-defaults', `--socket=${socket}`, '-uroot', '-N', ...(database === undefined ? [] : [database])], text),
    createStatements: (database) => [
      `DROP DATABASE IF EXISTS ${database}`,
      `CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
    ],
    grants: (database) => [
      `CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY '${READER.password}'; GRANT SELECT ON ${database}.* TO 'reader'@'%'`,
    ],
    dropStatement: (database) => `DROP DATABASE ${database}`,
    client: (database) => ['mariadb', '--no-defaults', `--socket=${socket}`, '-uroot', '-N', '--unbuffered', database],
    emptyStatements: (database) =>
      `DROP DATABASE ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; USE ${database}`,
  };
}

/** Makes the files of a server that is empty, or copies those that an earlier test file of the suite made: that takes seconds. */
function makeOnce(kind: TestDatabase['kind'], data: string, make: () => void): void {
  const templates = process.env[DATABASE_TEMPLATES];
  const template = templates === undefined ? undefined : join(templates, kind);
  if (template !== undefined && existsSync(template)) {
    run('cp', ['-a', '--reflink=auto', `${template}/.`, data]);
    return;
  }
  make();
  if (template === undefined) return;
  // Another file of the suite may make one at the same time.
  const own = `${template}-${process.pid}`;
  run('cp', ['-a', '--reflink=auto', data, own]);
  try {
    renameSync(own, template);
  } catch {
    rmSync(own, { recursive: true, force: true });
  }
}

const POSTGRES = '/usr/lib/postgresql/15/bin';

function preparePostgres(folder: string, port: number): PreparedProgram {
  const data = join(folder, 'data');
  mkdirSync(data);
  giveTo('postgres', folder, data);
  chmodSync(data, 0o700);
  makeOnce('postgres', data, () =>
    run('setpriv', asUser('postgres', [`${POSTGRES}/initdb`, '-D', data, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'])),
  );
  return {
    command: serverCommand({ data, folder, port }),
    sql: (text, database = 'postgres') =>
      run('psql', ['-h', folder, '-p', String(port), '-U', 'postgres', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database], text),
    createStatements: (database) => [`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`, `CREATE DATABASE ${database}`],
    grants: () => [
      `DO $$ BEGIN CREATE ROLE reader LOGIN PASSWORD '${READER.password}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
       GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`,
    ],
    dropStatement: (database) => `DROP DATABASE ${database} WITH (FORCE)`,
    client: (database) => ['psql', '-h', folder, '-p', String(port), '-U', 'postgres', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', database],
    emptyStatements: () => 'DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC',
  };
}

function serverCommand({
  data,
  folder,
  port,
}: {
  readonly data: string;
  readonly folder: string;
  readonly port: number;
}): readonly string[] {
  return asUser('postgres', [
    ...[`${POSTGRES}/postgres`, '-D', data, '-p', String(port), '-k', folder],
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'timezone=UTC'],
  ]);
}

function asUser(user: string, command: readonly string[]): readonly string[] {
  return [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...command];
}

function giveTo(user: string, ...paths: readonly string[]): void {
  const [uid, gid] = [run('id', ['-u', user]), run('id', ['-g', user])];
  for (const path of paths) chownSync(path, Number(uid), Number(gid));
}

function run(command: string, args: readonly string[], input = ''): string {
  return execFileSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 });
}

async function answers(ask: () => unknown): Promise<true | undefined> {
  try {
    ask();
    return true;
  } catch {
    return undefined;
  }
}
