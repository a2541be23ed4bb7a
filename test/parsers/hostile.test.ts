import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from '@vratny/support/mx';
import { workersOf } from '@vratny/support/process-state';
import { connectTo } from '@vratny/support/smtp-client';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONSTRUCTS } from './constructs.ts';

const MESSAGE_BYTES = 1_000_000;
const CLIENTS = 10;
/** So long nobody else is served, in processor time: ten clients may all have something for the same turn. */
const TURN_MAX_MS = 250;
const LIMITS = { message: '100MiB' };
const BETWEEN_GREETINGS_MS = 50;

async function send(host: WorldHost, to: string, raw: Buffer): Promise<string> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: host.mx.port,
    ignoreTLS: true,
    name: 'client.test',
    socketTimeout: 100_000,
  });
  try {
    const sent = await transport.sendMail({ envelope: { from: 'a@sender.test', to: [to] }, raw });
    return sent.response;
  } catch (error) {
    return error instanceof Error && 'response' in error ? String(error.response) : String(error);
  } finally {
    transport.close();
  }
}

/** Connects, waits for the greeting, and leaves. */
async function beGreeted(port: number): Promise<void> {
  const client = connectTo(port);
  try {
    const greeting = await client.reply();
    if (!greeting.startsWith('220')) throw new Error(greeting);
  } finally {
    client.close();
  }
}

/** Where a host's processes write down the long turns of their event loops. */
const TURNS = makeTemporaryFolder('turns');
const NOTES_TURNS = {
  NODE_OPTIONS: `--import=${join(ROOT, 'test', 'support', 'note-turns.ts')}`,
  VRATNY_TEST_TURNS: TURNS.path,
};
afterAll(() => TURNS.remove());

/** The long turns of a process since a time, in milliseconds of processor time. */
function longTurnsOf(pid: number, sinceMs: number): readonly number[] {
  const file = join(TURNS.path, String(pid));
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return lines.map((line) => line.split(' ').map(Number)).flatMap(([atMs = 0, tookMs = 0]) => (atMs < sinceMs ? [] : [tookMs]));
}

/** Everything that costs a letter's readers most; the table has the others. */
const DANGEROUS =
  /fold|address|From|group|comment|Received|continuation|DKIM|ARC|signed|one line|parts|each other|boundary|uuencode|yEnc|BinHex|TNEF/u;

describe.each([
  ['a10', 'alice@a.example.test'],
  // It reads a message in every way that the others do.
  ['d10', 'alice@example.test'],
])('%s', (id, mailbox) => {
  let host: WorldHost;
  beforeAll(async () => {
    host = await startWorldHost({ host: id, workers: 1, site: { extra: { limits: LIMITS } }, environment: NOTES_TURNS });
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
  });

  test('ten clients send 1 MB of each construct: each gets a clear reply, and no turn of the worker holds up others', async () => {
    const constructs = CONSTRUCTS.filter(({ what }) => id === 'a10' || DANGEROUS.test(what));
    const left = constructs.map(({ what, message }) => ({ what, raw: Buffer.from(message(MESSAGE_BYTES), 'latin1') }));
    const replies: [string, string][] = [];
    const [worker = 0] = workersOf(host.mx.pid);
    const sinceMs = Date.now();
    let greeted = 0;
    const client = async () => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) {
        replies.push([one.what, await send(host, mailbox, one.raw)]);
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    let running = true;
    const greeter = (async () => {
      while (running) {
        await beGreeted(host.mx.port);
        greeted += 1;
        await setTimeout(BETWEEN_GREETINGS_MS);
      }
    })();
    await clients.finally(() => {
      running = false;
    });
    await greeter;
    expect(replies.filter(([, reply]) => !/^(?:250 2\.0\.0|55[0-9] 5\.)/u.test(reply))).toEqual([]);
    expect(replies).toHaveLength(constructs.length);
    expect(greeted).toBeGreaterThan(0);
    expect(workersOf(host.mx.pid)).toEqual([worker]);
    expect(longTurnsOf(worker, sinceMs).filter((ms) => ms > TURN_MAX_MS)).toEqual([]);
  });
});

describe('what our own header lines hold', () => {
  let host: WorldHost;
  beforeAll(async () => {
    host = await startWorldHost({ host: 'a10', workers: 1 });
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
  });

  test('one Return-Path, which is ours, and nothing of the message folds our lines', async () => {
    const message = ' ; dkim=pass\r\nReturn-Path: <x@evil.test>\r\nFrom: a@sender.test\r\nreturn-path : <y@evil.test>\r\n\r\nbody\r\n';
    expect(await send(host, 'alice@a.example.test', Buffer.from(message))).toMatch(/^250 /u);
    const stored = host.site.stored('alice@a.example.test').at(-1) ?? '';
    expect(stored.match(/^return-path\s*:.*$/gimu)).toEqual(['Return-Path: <a@sender.test>']);
    expect(stored).not.toContain('dkim=pass');
  });
});
