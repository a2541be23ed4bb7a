import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { filler, messageOf } from './contract/messages.ts';
import { createMeter } from './contract/octets-in-use.ts';
import { describeAntispam } from './contract.ts';
import type { SpamEnvelope } from './port.ts';
import {
  afterBody,
  answering,
  answerOf,
  honestRspamd,
  type RspamdScript,
  type ScriptedRspamd,
  type Seen,
  SPAM_MARK,
  startScriptedRspamd,
} from './rspamd/scripted-rspamd.fixture.ts';
import { createRspamdAntispam, type RspamdLimits, type RspamdOptions } from './rspamd.ts';

const NEVER = new AbortController().signal;
const DEADLINE_MS = 300;
/** A busy machine wakes late; a scan that has no deadline at all takes for ever. */
const LATENESS_MS = 15_000;
const SHORT: Partial<RspamdLimits> = { judgeMs: DEADLINE_MS, judgeMsPerMib: 0, stallMs: 200 };
const LARGE = filler(10_000_000);
const SMALL = filler(100);
const ENVELOPE: SpamEnvelope = {
  sender: 'a@one.test',
  recipients: ['b@two.test', 'c@two.test'],
  clientIp: '192.0.2.1',
  helo: 'h.one.test',
  queueId: 'q1',
};

function antispamOf(servers: readonly ScriptedRspamd[], options: Partial<RspamdOptions> = {}) {
  const urls = servers.map(({ url }) => url);
  return createRspamdAntispam({ servers: urls, sizeLimitBytes: 20_000_000, now: () => performance.now(), limits: SHORT, ...options });
}

describeAntispam('rspamd, scripted', async () => {
  const server = await startScriptedRspamd();
  return {
    antispam: antispamOf([server], { limits: {} }),
    spam: SPAM_MARK,
    dispose: async () => await server[Symbol.asyncDispose](),
  };
});

const status = (code: number): RspamdScript =>
  afterBody((response) => {
    response.statusCode = code;
    response.end(answerOf());
  });
const bare = (text: string): RspamdScript => afterBody((response) => void response.socket?.end(text));
const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
const drip: RspamdScript = afterBody((response) => {
  const timer = setInterval(() => response.write(' '), 20);
  response.once('close', () => clearInterval(timer));
});
const TIMED_OUT = { action: 'soft reject', messages: { smtp_message: 'timeout processing message' } };

const FAULTS: readonly (readonly [string, string, Buffer, RspamdScript])[] = [
  ['closes without an answer', 'cut', SMALL, bare('')],
  ['an answer cut in its head', 'cut', SMALL, bare('HTTP/1.1 200 OK\r\nContent-')],
  ['an answer cut in its body', 'cut', SMALL, bare(head(answerOf().length) + answerOf().slice(0, 50))],
  ['garbage for HTTP', 'cut', SMALL, bare('stream: OK\0\r\n\r\n')],
  ['garbage for JSON', 'malformed', SMALL, answering('{"score":')],
  ['an empty answer', 'malformed', SMALL, answering('')],
  ['a list', 'malformed', SMALL, answering('[]')],
  ['null', 'malformed', SMALL, answering('null')],
  ['an error in a 200', 'refused', SMALL, answering('{"error":"cannot process"}')],
  ['400', 'refused', SMALL, status(400)],
  ['403', 'refused', SMALL, status(403)],
  ['413', 'too-large', SMALL, status(413)],
  ['500', 'refused', SMALL, status(500)],
  ['a redirection', 'refused', SMALL, status(302)],
  ['204', 'refused', SMALL, status(204)],
  ['no score', 'malformed', SMALL, answering(answerOf({ score: undefined }))],
  ['a score that is no number', 'malformed', SMALL, answering(answerOf({ score: '15' }))],
  ['a score that is not finite', 'malformed', SMALL, answering(answerOf({ score: 1 }).replace('"score":1,', '"score":1e999,'))],
  ['no required score', 'malformed', SMALL, answering(answerOf({ required_score: null }))],
  ['an unknown action', 'malformed', SMALL, answering(answerOf({ action: 'perhaps' }))],
  ['no action', 'malformed', SMALL, answering(answerOf({ action: undefined }))],
  ['not told whether it was skipped', 'malformed', SMALL, answering(answerOf({ is_skipped: undefined }))],
  ['no symbols', 'malformed', SMALL, answering(answerOf({ symbols: undefined }))],
  ['a symbol without score', 'malformed', SMALL, answering(answerOf({ symbols: { A: {} } }))],
  ['a symbol with line ends', 'malformed', SMALL, answering(answerOf({ symbols: { 'A\r\nB': { score: 1 } } }))],
  ['its own time-out', 'timeout', SMALL, answering(answerOf(TIMED_OUT))],
  ['an answer without end', 'malformed', SMALL, answering(Buffer.alloc(3_000_000, ' '))],
  ['an octet now and then', 'timeout', SMALL, drip],
  ['silence after the message', 'timeout', SMALL, afterBody(() => undefined)],
  ['takes nothing', 'timeout', LARGE, (request) => void request.pause()],
  ['resets in the middle', 'cut', LARGE, (request) => void request.once('data', () => request.socket.resetAndDestroy())],
  ['answers before it has everything', 'malformed', LARGE, (_request, response) => void response.end(answerOf())],
];

describe('faults of rspamd', () => {
  test('what it says before a reset is read, also when the next write meets the reset first', async () => {
    const came = Promise.withResolvers<Socket>();
    await using server = await startScriptedRspamd((request) => void request.once('data', () => came.resolve(request.socket)));
    const content = {
      ...messageOf(LARGE),
      sizeBytes: LARGE.length,
      async *read() {
        yield LARGE.subarray(0, 100_000);
        const socket = await came.promise;
        // Both at once, and the next octets before anybody polls.
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
        socket.resetAndDestroy();
        yield LARGE.subarray(100_000);
      },
    };
    const judged = antispamOf([server]).judge(content, ENVELOPE, NEVER);
    await expect(judged).rejects.toEqual(expect.objectContaining({ name: 'ScannerFault', kind: 'too-large' }));
  });

  test.each(FAULTS)('%s: %s, within the deadline, and the next message is fine', async (_what, kind, body, script) => {
    await using server = await startScriptedRspamd(script);
    const antispam = antispamOf([server]);
    const start = performance.now();
    const judged = antispam.judge(messageOf(body), ENVELOPE, NEVER);
    await expect(judged).rejects.toEqual(expect.objectContaining({ name: 'ScannerFault', kind }));
    expect(performance.now() - start).toBeLessThan(DEADLINE_MS + LATENESS_MS);
    server.play(honestRspamd());
    expect((await antispam.judge(messageOf(SMALL), ENVELOPE, NEVER)).kind).toBe('scored');
    await antispam.close();
  });

  test.each(FAULTS.filter(([, , body]) => body === SMALL))('another server answers instead: %s', async (_what, _kind, body, script) => {
    await using bad = await startScriptedRspamd(script);
    await using good = await startScriptedRspamd();
    expect((await antispamOf([bad, good]).judge(messageOf(body), ENVELOPE, NEVER)).kind).toBe('scored');
    expect([bad.asked(), good.asked()]).toEqual([1, 1]);
  });

  test('nobody listens; no server at all', async () => {
    const server = await startScriptedRspamd();
    await server[Symbol.asyncDispose]();
    const unreachable = expect.objectContaining({ name: 'ScannerFault', kind: 'unreachable' });
    await expect(antispamOf([server]).judge(messageOf(SMALL), ENVELOPE, NEVER)).rejects.toEqual(unreachable);
    await expect(antispamOf([]).judge(messageOf(SMALL), ENVELOPE, NEVER)).rejects.toEqual(unreachable);
    expect(await antispamOf([server]).check()).toEqual([expect.stringMatching(/^rspamd http:\S+: does not answer: no connection/u)]);
  });

  test('a spool that gives less than it promises is a fault', async () => {
    await using server = await startScriptedRspamd();
    const content = { ...messageOf(SMALL), sizeBytes: 1000 };
    const judged = antispamOf([server]).judge(content, ENVELOPE, NEVER);
    await expect(judged).rejects.toEqual(expect.objectContaining({ kind: 'unreadable' }));
  });
});

test('memory stays flat over all of them, and a server that takes nothing gets nothing', async () => {
  const used = createMeter();
  await using server = await startScriptedRspamd();
  const limits = { judgeMs: 60, judgeMsPerMib: 0, stallMs: 40, atOnce: 100 };
  const antispam = antispamOf([server], { limits, sizeLimitBytes: 1e9 });
  const round = async () => {
    for (const [, , body, script] of FAULTS) {
      server.play(script);
      await Promise.allSettled(Array.from({ length: 4 }, async () => await antispam.judge(messageOf(body), ENVELOPE, NEVER)));
    }
  };
  await round();
  const first = used();
  await round();
  // Octets of closed sockets go with one of the next turns.
  await expect.poll(() => used() - first, { interval: 20 }).toBeLessThan(8_000_000);

  let read = 0;
  server.play((request) => void request.pause());
  const endless = {
    ...messageOf(''),
    sizeBytes: 1e9,
    async *read() {
      while (true) {
        read += 65_536;
        yield Buffer.alloc(65_536, 'x');
      }
    },
  };
  await expect(antispam.judge(endless, ENVELOPE, NEVER)).rejects.toEqual(expect.objectContaining({ kind: 'timeout' }));
  // What the kernel's own buffers take on the way.
  expect(read).toBeLessThan(16_000_000);
});

test('what rspamd is told', async () => {
  let seen: Seen | undefined;
  await using server = await startScriptedRspamd(
    afterBody((response, request) => {
      seen = request;
      response.end(answerOf());
    }),
  );
  const envelope = { ...ENVELOPE, clientName: 'c.one.test', deliverTo: 'b@two.test', spf: 'softfail', helo: 'a\r\nX: y' };
  const content = messageOf('hello');
  await antispamOf([server], { password: 'secret' }).judge(content, envelope, NEVER);
  expect(seen?.url).toBe('/checkv2');
  expect(seen?.body.length).toBe(content.sizeBytes);
  expect(seen?.headers).toMatchObject({
    from: ['a@one.test'],
    rcpt: ['b@two.test', 'c@two.test'],
    ip: ['192.0.2.1'],
    helo: ['aX: y'],
    hostname: ['c.one.test'],
    'queue-id': ['q1'],
    'deliver-to': ['b@two.test'],
    'x-vratny-spf': ['softfail'],
    password: ['secret'],
    'content-length': [String(content.sizeBytes)],
  });
});

test('the weightiest symbols first', async () => {
  await using server = await startScriptedRspamd(answering(answerOf({ symbols: { A: { score: 0 }, B: { score: 2 }, C: { score: -3 } } })));
  expect(await antispamOf([server]).judge(messageOf('x'), ENVELOPE, NEVER)).toEqual({
    kind: 'scored',
    score: 1.1,
    requiredScore: 15,
    action: 'no action',
    symbols: [
      { name: 'C', score: -3 },
      { name: 'B', score: 2 },
      { name: 'A', score: 0 },
    ],
  });
});

test.each([
  [{ is_skipped: true }, 'not-scanned'],
  [{ is_skipped: true, action: 'reject', score: 15, symbols: { GTUBE: { score: 0 } } }, 'scored'],
  [{ action: 'soft reject', messages: { smtp_message: 'Try again later' } }, 'scored'],
])('%j is %s', async (parts, kind) => {
  await using server = await startScriptedRspamd(answering(answerOf(parts)));
  expect((await antispamOf([server]).judge(messageOf('x'), ENVELOPE, NEVER)).kind).toBe(kind);
});

test('mail above the limit is not sent', async () => {
  await using server = await startScriptedRspamd();
  const content = messageOf(SMALL);
  const judge = (sizeLimitBytes: number) => antispamOf([server], { sizeLimitBytes }).judge(content, ENVELOPE, NEVER);
  expect((await judge(content.sizeBytes)).kind).toBe('scored');
  const reason = `larger than ${content.sizeBytes - 1} octets`;
  expect(await judge(content.sizeBytes - 1)).toEqual({ kind: 'not-scanned', reason });
  expect(server.asked()).toBe(1);
});

describe('the check at start', () => {
  const large =
    (script: RspamdScript): RspamdScript =>
    (request, response) => {
      const isLarge = Number(request.headers['content-length']) > 1_000_000;
      (isLarge ? script : honestRspamd())(request, response);
    };
  test.each<[string, RspamdScript, RegExp]>([
    [
      'closing on it',
      large((request) => void request.socket.destroy()),
      /does not take a message of 20000000 octets .*"max_message = 20mb;"/u,
    ],
    ['413', large(status(413)), /does not take a message of 20000000 octets .*"max_message = 20mb;"/u],
    ['its time-out', large(answering(answerOf(TIMED_OUT))), /is too slow for a message of .* raise "task_timeout"/u],
    ['skipping', large(answering(answerOf({ is_skipped: true }))), /does not take .*skipped it by its own settings/u],
    ['a password', status(403), /refuses the password .*antispam\.password/u],
    ['garbage', answering('x'), /cannot judge a small message: an answer that is none/u],
  ])('%s is told', async (_what, script, words) => {
    await using server = await startScriptedRspamd(script);
    const limits = { ...SHORT, judgeMs: 5000 };
    expect(await antispamOf([server], { limits }).check()).toEqual([expect.stringMatching(words)]);
  });
});
