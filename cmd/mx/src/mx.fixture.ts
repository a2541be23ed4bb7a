import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { loadSite, openRegister } from '@vratny/adapters';
import { onTestFinished } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');
/** What a program that hangs is given before the test fails. */
const WAIT_MS = 30_000;
/** What a program is given to start in, on a machine that is busy. */
const START_MS = 60_000;

const SITE = `
cluster: { name: mx1, domain: example.test }
dns: { zoneFile: ./zone.txt }
dnsbl: { zones: [] }
state: "memory:"
directory: sqlite:./directory.db
delivery: maildir:./mail
spool: ./spool
`;
const ZONE = `$TTL 300
test. IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
sender.test. IN A 127.0.0.1
example.test. IN MX 10 mx1a10.example.test.
`;

/** A folder with a site in it; gone when the test has finished. */
export interface TemporarySite {
  readonly folder: string;
  readonly file: string;
  /** Replaces the site file by the usual one and more. */
  rewrite(more: string): void;
}

/** A site whose `alice@example.test` is served by host a10. */
export async function makeSite(more = ''): Promise<TemporarySite> {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-mx-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['mail', 'spool']) mkdirSync(join(folder, part));
  const file = join(folder, 'site.yaml');
  const rewrite = (text: string) => writeFileSync(file, SITE + text);
  rewrite('');
  writeFileSync(join(folder, 'zone.txt'), ZONE);
  const register = await openRegister(await loadSite(file), () => new Date(), 'make');
  await register.addDomain('example.test', 'a', 'test');
  await register.addMailbox('alice@example.test', {}, 'test');
  await register.close();
  rewrite(more);
  return { folder, file, rewrite };
}

/** A running mx. */
export interface RunningMx {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Process ids of its workers. */
  workers(): readonly number[];
  /** Waits for the port that it says it listens on. */
  port(): Promise<number>;
}

/** Starts mx as host a10 on a free port, with one worker; it is ended with the test. */
export function startMx(site: TemporarySite, ...more: readonly string[]): RunningMx {
  return startMxIn({}, site, ...more);
}

/** The same, with variables of the environment; NOFILE is how many descriptors each process may have. */
export function startMxIn(environment: Readonly<Record<string, string>>, site: TemporarySite, ...more: readonly string[]): RunningMx {
  const host = more.includes('--host') || more.includes('--policy') ? [] : ['--host', 'a10'];
  const listen = more.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const workers = more.includes('--workers') ? [] : ['--workers', '1'];
  const command = [process.execPath, MAIN, '--config', site.file, ...host, ...listen, ...workers, ...more];
  // A descriptor limit is the shell's to set; it becomes mx, with its process id.
  const limited = environment['NOFILE'] === undefined ? command : ['sh', '-c', 'ulimit -n "$NOFILE"; exec "$@"', 'sh', ...command];
  const child = spawn(limited[0] ?? '', limited.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const stdout = keepText(child.stdout);
  const stderr = keepText(child.stderr);
  // The pipes close when the last worker is gone as well.
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  onTestFinished(async () => {
    const pids = child.exitCode === null ? workersOf(child.pid) : [];
    child.kill('SIGKILL');
    for (const pid of pids) kill(pid);
    await ended;
  });
  return {
    child,
    stdout,
    stderr,
    ended,
    workers: () => workersOf(child.pid),
    async port() {
      await waitFor('mx listens', () => stdout().includes('listening on') || child.exitCode !== null, stderr, START_MS);
      return Number(/listening on 127\.0\.0\.1:(\d+)/u.exec(stdout())?.[1]);
    },
  };
}

function keepText(stream: Readable): () => string {
  const chunks: string[] = [];
  stream.setEncoding('utf8').on('data', (chunk: string) => void chunks.push(chunk));
  return () => chunks.join('');
}

/** Ends a process, if it is still there. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function workersOf(pid: number | undefined): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Looks every few milliseconds until something is so. */
export async function waitFor(what: string, look: () => boolean, explain: () => string = () => '', waitMs = WAIT_MS): Promise<void> {
  const deadline = AbortSignal.timeout(waitMs);
  while (!look()) {
    if (deadline.aborted) throw new Error(`waited in vain: ${what}\n${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A client that keeps what it reads. */
export interface Dialled {
  readonly socket: Socket;
  readonly text: () => string;
  /** Why it could not connect. */
  readonly refused: () => string | undefined;
  readonly closed: () => boolean;
}

/** Connects to mx; from another address of the loopback where one is named. */
export function dial(port: number, from?: string): Dialled {
  const socket = connect({ port, host: '127.0.0.1', ...(from === undefined ? {} : { localAddress: from }) });
  const text = keepText(socket);
  let refused: string | undefined;
  socket.on('error', (error) => {
    refused = error.message;
  });
  onTestFinished(() => void socket.destroy());
  return { socket, text, refused: () => refused, closed: () => socket.closed };
}
