import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningMx } from '@vratny/support/mx';
import { workersOf } from '@vratny/support/process-state';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { expect, it } from 'vitest';
import { besideOthers, dial, makeSite, startMx, type TemporarySite, waitFor } from '../mx.fixture.ts';

/** A worker is silent for 10 s, and a new one starts; the machine may be busy. */
const REPLACED_MS = 60_000;
const TEST_MS = 240_000;
const ENVELOPE = ['EHLO x', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>', 'DATA', ''].join('\r\n');
const MANY = 'limits: { connectionsPerIp: 10000 }\n';

interface JournalLine {
  readonly kind: string;
  readonly what?: string;
  readonly where?: string;
  readonly detail?: string;
}

function journalOf(mx: RunningMx): readonly JournalLine[] {
  return mx
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): JournalLine => JSON.parse(line));
}

const alarmsOf = (mx: RunningMx) => journalOf(mx).filter(({ kind, where }) => kind === 'fault' && where === 'worker');
const storedIn = (site: TemporarySite) =>
  readdirSync(join(site.folder, 'mail'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('/new/'))
    .map((name) => readFileSync(join(site.folder, 'mail', name), 'utf8'));

async function greeted(port: number, waitMs?: number): Promise<SmtpClient> {
  const client = dial(port);
  await waitFor('a greeting', () => client.unread().startsWith('220 '), client.unread, waitMs);
  return client;
}

/** Sends a message; resolves with what was said after 354: nothing when the connection ended. */
async function send(port: number, content: string): Promise<string> {
  const client = await greeted(port, REPLACED_MS);
  client.socket.write(ENVELOPE);
  await waitFor('354', () => client.unread().includes('354 '), client.unread);
  client.socket.write(`${content}.\r\n`);
  const answer = () => client.unread().split(/^354 .*\r\n/mu)[1] ?? '';
  await waitFor('an answer', () => answer().includes('\r\n') || client.socket.closed, client.unread, REPLACED_MS);
  client.socket.destroy();
  return answer();
}

/** The one that comes in place of a dead one is started after a pause. */
const hasWorker = (mx: RunningMx) => waitFor('there is a worker', () => workersOf(mx.pid).length === 1, mx.stderr);

const replaced = (mx: RunningMx, silent: number, count: number) =>
  waitFor('it is replaced', () => !workersOf(mx.pid).includes(silent) && workersOf(mx.pid).length === count, mx.stderr, REPLACED_MS);

// They wait more than they work: each has a host of its own, and they run side by side.
it.concurrent(
  'a worker that is stopped is replaced with one line, and the others serve meanwhile',
  { timeout: TEST_MS },
  besideOthers(async () => {
    const site = await makeSite(MANY);
    const mx = await startMx(site, { workers: 2 });
    const { port } = mx;
    const sending = await greeted(port);
    sending.socket.write(ENVELOPE);
    await waitFor('354', () => sending.unread().includes('354 '), sending.unread);
    const owner = workersOf(mx.pid).find((pid) => holdsClient(pid, sending)) ?? 0;
    process.kill(owner, 'SIGSTOP');
    for (let i = 0; i < 10; i += 1) expect(await send(port, `Subject: meanwhile ${i}\r\n\r\nx\r\n`)).toMatch(/^250 /u);
    await replaced(mx, owner, 2);
    const session = journalOf(mx).find(({ what }) => what === 'opened');
    expect(alarmsOf(mx)).toHaveLength(1);
    expect(alarmsOf(mx)[0]?.detail).toMatch(
      /^worker \d+ did not answer for 10 s and is replaced; it was receiving in session [0-9a-z]{17}$/u,
    );
    expect(alarmsOf(mx)[0]?.detail).toContain(String(owner));
    expect(session).toBeDefined();
    expect(journalOf(mx).filter(({ what }) => what === 'worker-lost')).toEqual([]);
    await waitFor('its client is cut off', () => sending.socket.closed);
    expect(await send(port, 'Subject: afterwards\r\n\r\nx\r\n')).toMatch(/^250 /u);
    expect(storedIn(site)).toHaveLength(11);
  }),
);

it.concurrent(
  'the only worker, caught by a message: clients wait and are served; the message is refused after three deaths',
  { timeout: TEST_MS },
  besideOthers(async () => {
    const site = await makeSite(MANY);
    const file = join(site.folder, 'deadly');
    const fixture = join(import.meta.dirname, 'deadly.fixture.ts');
    const mx = await startMx(site, { environment: { NODE_OPTIONS: `--import ${fixture}`, VRATNY_TEST_DEADLY: file } });
    const { port } = mx;
    const content = 'Subject: deadly\r\n\r\nx\r\n';
    const digest = createHash('sha256').update(content).digest('hex');
    writeFileSync(file, digest);
    expect(await send(port, 'Subject: acknowledged\r\n\r\nx\r\n')).toMatch(/^250 /u);
    const [first = 0] = workersOf(mx.pid);
    const answer = send(port, content);
    await waitFor('it is caught', () => existsSync(`/proc/${first}`) && cpuOf(first) > 50, mx.stderr);
    // It comes while nobody serves.
    const waiting = greeted(port, REPLACED_MS);
    expect(await answer).toBe('');
    await waiting;
    expect(alarmsOf(mx)).toHaveLength(1);
    expect(alarmsOf(mx)[0]?.detail).toMatch(
      new RegExp(`it was judging ${digest} of ${content.length} octets in session [0-9a-z]{17}$`, 'u'),
    );
    // An uncaught exception counts alike.
    writeFileSync(file, `crash:${digest}`);
    for (const deaths of [2, 3]) {
      await hasWorker(mx);
      const [worker = 0] = workersOf(mx.pid);
      await send(port, content);
      await replaced(mx, worker, 1);
      await waitFor(
        'it is written down',
        () => journalOf(mx).filter(({ what }) => what === 'worker-lost').length === deaths - 1,
        mx.stderr,
      );
    }
    await hasWorker(mx);
    const [survivor = 0] = workersOf(mx.pid);
    expect(await send(port, content)).toMatch(/^554 5\.6\.0 this message cannot be processed here/u);
    expect(await send(port, 'Subject: afterwards\r\n\r\nx\r\n')).toMatch(/^250 /u);
    expect(workersOf(mx.pid)).toEqual([survivor]);
    const subjects = storedIn(site).map((text) => /^Subject: (.*?)\r?$/mu.exec(text)?.[1]);
    expect(new Set(subjects.filter((subject) => subject !== 'deadly'))).toEqual(new Set(['acknowledged', 'afterwards']));
  }),
);

it.concurrent(
  'SIGTERM ends mx though a worker is silent',
  { timeout: TEST_MS },
  besideOthers(async () => {
    const mx = await startMx(await makeSite(), { workers: 2 });
    const [silent = 0] = workersOf(mx.pid);
    process.kill(silent, 'SIGSTOP');
    mx.signal('SIGTERM');
    await waitFor('mx has ended', () => mx.ending() !== undefined, mx.stderr, REPLACED_MS);
    expect(await mx.ended).toBe(0);
    expect(existsSync(`/proc/${silent}`)).toBe(false);
  }),
);

it.concurrent(
  'a host that was stopped as a whole goes on with the workers that it had',
  { timeout: TEST_MS },
  besideOthers(async () => {
    const mx = await startMx(await makeSite(MANY), { workers: 2 });
    const { port } = mx;
    const workers = workersOf(mx.pid);
    const all = [mx.pid, ...workers];
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 14_000));
    // The primary first: what it looks at is fifteen seconds old.
    for (const pid of all) process.kill(pid, 'SIGCONT');
    await greeted(port, REPLACED_MS);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(workersOf(mx.pid)).toEqual(workers);
    expect(alarmsOf(mx)).toEqual([]);
  }),
);

/** Processor time in ticks (proc(5)): a worker in a busy loop uses all that it gets. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** Whether a process has the other end of a client's connection. */
function holdsClient(pid: number, client: SmtpClient): boolean {
  const port = (client.socket.localPort ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const row = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .find((fields) => fields[2]?.endsWith(`:${port}`));
  const inode = row?.[9];
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
    } catch {
      return false;
    }
  });
}
