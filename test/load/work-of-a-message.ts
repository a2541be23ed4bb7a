import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startMx } from '@vratny/support/mx';
import { workersOf } from '@vratny/support/process-state';
import { ask, openClient, readReply, type SmtpClient } from '@vratny/support/smtp-client';
import { waitFor } from '@vratny/support/wait-for';
import { makeWorldSite } from '@vratny/support/world-host';
import type { Work } from './count-work.ts';
import { startLmtpSink } from './lmtp-sink-server.ts';

/** What a worker of policy a does for one message of a kept connection, and for one client that is refused at RCPT. */
export interface CountedWork {
  readonly message: Work;
  readonly refusal: Work;
}

const RECIPIENT = 'alice@a.example.test';
const FOREIGN = 'alice@elsewhere.test';

/** Counts by a real host with one worker, state on SQLite and an LMTP store; nothing that is done once is among it. */
export async function countWork(messages: number): Promise<CountedWork> {
  await using stack = new AsyncDisposableStack();
  const sink = stack.use(await startLmtpSink({ port: 0 }));
  const extra = { state: 'sqlite:state.db', delivery: `lmtp://127.0.0.1:${sink.port ?? 0}` };
  const site = stack.use(await makeWorldSite({ extra }));
  const environment = {
    COUNTED_WORK: site.folder,
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'count-work.ts')}`,
  };
  const mx = stack.adopt(await startMx({ siteFile: site.siteFile, host: 'a10', environment }), async (one) => void (await one.stop()));
  const [worker = 0] = workersOf(mx.pid);
  const each = async (work: () => Promise<void>): Promise<Work> => {
    await work();
    const before = await readWork(site.folder, worker);
    await work();
    const after = await readWork(site.folder, worker);
    return perMessage(before, after, messages);
  };
  return {
    message: await each(() => sendOverOne(mx.port, messages)),
    refusal: await each(() => refuseEach(mx.port, messages)),
  };
}

function perMessage(before: Work, after: Work, messages: number): Work {
  const per = (key: keyof Work) => (after[key] - before[key]) / messages;
  return {
    promises: per('promises'),
    timers: per('timers'),
    turns: per('turns'),
    signals: per('signals'),
    errors: per('errors'),
    writes: per('writes'),
    statements: per('statements'),
  };
}

async function readWork(folder: string, pid: number): Promise<Work> {
  const path = join(folder, `${pid}.json`);
  rmSync(path, { force: true });
  process.kill(pid, 'SIGUSR2');
  return waitFor('the counted work', () => {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Work;
    } catch {
      return undefined;
    }
  });
}

async function sendOverOne(port: number, messages: number): Promise<void> {
  const connection = await open(port);
  for (let i = 0; i < messages; i += 1) {
    await say(connection, 'MAIL FROM:<someone@sender.test>', '250');
    await say(connection, `RCPT TO:<${RECIPIENT}>`, '250');
    await say(connection, 'DATA', '354');
    const head = `From: someone@sender.test\r\nDate: Fri, 27 Nov 2026 00:00:00 +0000\r\nMessage-ID: <${performance.now()}.${i}@sender.test>`;
    await say(connection, `${head}\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(56)}.`, '250');
  }
  await close(connection);
}

async function refuseEach(port: number, clients: number): Promise<void> {
  for (let i = 0; i < clients; i += 1) {
    const connection = await open(port);
    await say(connection, 'MAIL FROM:<someone@sender.test>', '250');
    await say(connection, `RCPT TO:<${FOREIGN}>`, '550');
    await close(connection);
  }
}

async function open(port: number): Promise<SmtpClient> {
  const connection = await openClient(port);
  await readReply(connection);
  await say(connection, 'EHLO client.test', '250');
  return connection;
}

async function close(connection: SmtpClient): Promise<void> {
  await say(connection, 'QUIT', '221');
  connection.close();
}

async function say(connection: SmtpClient, text: string, code: string): Promise<void> {
  const reply = await ask(connection, text);
  if (!reply.startsWith(code)) throw new Error(`${text.slice(0, 100)}: ${reply}`);
}
