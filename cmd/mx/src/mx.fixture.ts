import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSite, openRegister } from '@vratny/adapters';
import { type MxOptions, type RunningMx, type RunningProgram, spawnMx as spawn, untilListening } from '@vratny/support/mx';
import { connectTo, type SmtpClient } from '@vratny/support/smtp-client';
import { waitFor as waitUntil } from '@vratny/support/wait-for';
import { expect, onTestFinished, type TestContext } from 'vitest';

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

/** A transaction up to DATA. */
export const SEND = ['EHLO x', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>', 'DATA', ''].join('\r\n');

/** Where a test that runs beside others says what is done at its end: vitest's own function does not know which of them called it. */
const own = new AsyncLocalStorage<TestContext['onTestFinished']>();

/** A test that may run beside others (`it.concurrent`): what it starts ends with it. */
export function besideOthers(test: () => Promise<void>): (context: TestContext) => Promise<void> {
  return ({ onTestFinished: atItsEnd }) => own.run(atItsEnd, test);
}

function atEnd(work: () => unknown): void {
  const register = own.getStore() ?? onTestFinished;
  register(async () => void (await work()));
}

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
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
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

/** Starts mx as host a10 on a free port, with one worker, and waits until it listens; it is ended with the test. */
export async function startMx(site: TemporarySite, options: Partial<MxOptions> = {}): Promise<RunningMx> {
  return await untilListening(spawnMx(site, options));
}

/** The same, without waiting for anything. */
export function spawnMx(site: TemporarySite, options: Partial<MxOptions> = {}): RunningProgram {
  const mx = spawn({ siteFile: site.file, ...options });
  atEnd(async () => {
    // It leads a group: its workers end with it.
    if (mx.ending() === undefined) kill(-mx.pid);
    await mx.ended;
  });
  return mx;
}

/** Ends a process, or a group, if it is still there. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** Looks again and again until something is so, for as long as a worker needs to start on a machine that is busy. */
export async function waitFor(what: string, look: () => boolean, explain?: () => string, deadlineMs = 60_000): Promise<void> {
  const options = { deadlineMs, ...(explain === undefined ? {} : { explain }) };
  await waitUntil(what, () => look() || undefined, options);
}

/** Connects to mx, from another address of the loopback where one is named; the connection is closed with the test. */
export function dial(port: number, from?: string): SmtpClient {
  const client = connectTo(port, { localAddress: from });
  atEnd(() => client.close());
  return client;
}

/** A client that was greeted. */
export async function greeted(port: number): Promise<SmtpClient> {
  const client = dial(port);
  await waitFor('a greeting', () => client.unread().startsWith('220 '), client.unread);
  return client;
}

/** Sends a message to alice and looks for its file. */
export async function delivers(site: TemporarySite, port: number): Promise<void> {
  const client = await greeted(port);
  client.socket.write(SEND);
  await waitFor('354', () => client.unread().includes('354 '), client.unread);
  client.socket.write('Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n');
  await waitFor('250', () => client.unread().includes('stored as'), client.unread);
  expect(readdirSync(join(site.folder, 'mail'), { recursive: true }).filter((name) => String(name).includes('/new/'))).not.toEqual([]);
}
