import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Act, type LmtpServer, type Script, startLmtpServer } from '@vratny/support/lmtp-server';
import { createCanceller } from '@vratny/waiting';
import { describe, expect, it } from 'vitest';
import { openConversation } from './conversation.ts';
import { ConversationFault } from './fault.ts';
import { type RecipientOutcome, sendMessage } from './transaction.ts';

/** Long: whatever ends by one of these was not noticed. Those that only a deadline can end get `SILENT_MS`. */
const LONG_MS = 60_000;
const SILENT_MS = 150;
/** More than the kernel holds between two sockets, so that it is still on its way when the server goes. */
const LARGE_BYTES = 48 * 1024 * 1024;
const RECIPIENTS = ['a@example.org', 'b@example.org'];

/** How a server goes. `deadline`: nothing can be noticed but that time passes. */
interface Way {
  readonly name: string;
  readonly deadline?: true;
  readonly go: (socket: Socket) => void;
}

const WAYS: readonly Way[] = [
  { name: 'closes', go: (socket) => void socket.end().resume() },
  { name: 'closes its side and does not read on', go: (socket) => void socket.end().pause() },
  { name: 'resets the connection', go: (socket) => void socket.resetAndDestroy() },
  { name: 'says 421 and closes', go: (socket) => void socket.end('421 4.3.2 going down\r\n') },
  { name: 'says 421 and stays', go: (socket) => void socket.write('421 4.3.2 going down\r\n') },
  { name: 'says half a line and closes', go: (socket) => void socket.end('250 2.0') },
  { name: 'says half a reply and resets', go: (socket) => void socket.write('250-2.0.0 half\r\n', () => socket.resetAndDestroy()) },
  { name: 'is silent', deadline: true, go: (socket) => void socket.pause() },
  { name: 'is silent behind half a line', deadline: true, go: (socket) => void socket.write('250 2.0') },
];

/** Before which of its answers the server goes; `message`: while the message is on its way to it. */
const BEFORE_THE_DOT = ['greeting', 'LHLO', 'MAIL', 'RCPT', 'DATA', 'message'] as const;
type Step = (typeof BEFORE_THE_DOT)[number] | 'first reply' | 'second reply';

/** An LMTP server on loopback that goes in this way at this step. */
function serve(step: Step, way: Way, features: readonly string[]): Promise<LmtpServer> {
  /** Nothing that comes afterwards is looked at. */
  const leave = (socket: Socket) => {
    socket.removeAllListeners('data');
    way.go(socket);
    return new Promise<never>(() => undefined);
  };
  const takeOver = (socket: Socket) => {
    socket.write('354 go on\r\n');
    return leave(socket);
  };
  const at = (here: Step, usual: string): Act => (here === step ? leave : usual);
  const script: Script = {
    greeting: () => at('greeting', '220 store.example\r\n'),
    features,
    command: (command) => {
      const [verb = ''] = command.split(' ');
      if (verb === 'DATA' && step === 'message') return takeOver;
      return verb === step ? leave : undefined;
    },
    dot: () => [at('first reply', '250 saved\r\n'), at('second reply', '250 saved\r\n')],
  };
  return startLmtpServer(script, { halfOpen: true });
}

/** Sends a message to it: the outcome of each recipient, or `not handed over` with the kind of the fault. */
async function deliver(port: number, step: Step, way: Way): Promise<string> {
  const ms = way.deadline ? SILENT_MS : LONG_MS;
  const signal = createCanceller().signal;
  try {
    const conversation = await openConversation({
      ...{ stream: connect(port, '127.0.0.1'), name: 'store', hello: 'LHLO', hostName: 'mx.example' },
      ...{ connectMs: LONG_MS, greetingMs: ms, onBroken: () => undefined, signal },
    });
    const outcomes = await sendMessage(conversation, {
      ...{ sender: null, recipients: RECIPIENTS, sizeBytes: 20, utf8: false, replies: 'each', signal },
      deadlines: { commandMs: ms, writeMs: ms, storeMs: ms, endingGraceMs: ms },
      body: () => bodyOf(step === 'message' ? LARGE_BYTES : 20),
      confirm: async () => undefined,
    });
    return outcomes.map(describeOutcome).join(', ');
  } catch (error) {
    return `not handed over: ${error instanceof ConversationFault ? error.kind : String(error)}`;
  }
}

async function* bodyOf(sizeBytes: number): AsyncGenerator<Buffer> {
  const line = Buffer.from(`${'x'.repeat(1_022)}\r\n`.repeat(64));
  yield Buffer.from('Subject: x\r\n\r\nx\r\n');
  for (let sent = 0; sent + line.length < sizeBytes; sent += line.length) yield line;
}

const describeOutcome = (outcome: RecipientOutcome) => outcome.kind;

describe.each([
  ['pipelined', ['PIPELINING']],
  ['one command at a time', []],
])('a server that goes, %s: noticed at once, or at the deadline when nothing can be noticed', (_name, features) => {
  const early = BEFORE_THE_DOT.flatMap((step) => WAYS.map((way) => [way.name, step, way] as const));
  it.concurrent.each(early)('%s before its answer to the %s: nobody has the message', async (_way, step, way) => {
    await using server = await serve(step, way, features);
    expect(await deliver(server.port, step, way)).toMatch(/^not handed over: (?:lost|garbled)$/u);
  });

  it.concurrent.each(WAYS.map((way) => [way.name, way] as const))('%s after the final dot: uncertain for all', async (_way, way) => {
    await using server = await serve('first reply', way, features);
    expect(await deliver(server.port, 'first reply', way)).toBe('uncertain, uncertain');
  });

  it.concurrent.each(WAYS.map((way) => [way.name, way] as const))('%s after one of two replies: that one holds', async (_way, way) => {
    await using server = await serve('second reply', way, features);
    expect(await deliver(server.port, 'second reply', way)).toBe('taken, uncertain');
  });
});

it('a server that says something else after the final dot: nobody knows whose reply was missing', async () => {
  const way: Way = { name: 'rubbish', go: (socket) => void socket.write('what?\r\n') };
  await using server = await serve('second reply', way, []);
  expect(await deliver(server.port, 'second reply', way)).toBe('uncertain, uncertain');
});

/** An LMTP server in a thread of its own, which goes on while this one stands still; it tells when it has the whole message, and answers a moment later. */
const STORE = `
const { parentPort, workerData } = require('node:worker_threads');
const answer = (socket) => new Promise((resolve) => setTimeout(() => resolve(socket.write('250 saved\\r\\n250 saved\\r\\n')), 50));
const dot = () => { parentPort.postMessage('message'); return [answer]; };
import(workerData).then(({ startLmtpServer }) => startLmtpServer({ dot })).then(({ port }) => parentPort.postMessage(port));
`;
const SERVER = pathToFileURL(createRequire(import.meta.url).resolve('@vratny/support/lmtp-server')).href;

it('a process that stood still beyond the deadline reads the reply that came meanwhile before it gives up', async () => {
  const store = new Worker(STORE, { eval: true, workerData: SERVER });
  try {
    const [port] = await once(store, 'message');
    const delivering = deliver(Number(port), 'second reply', { name: 'stands still', deadline: true, go: () => undefined });
    // The store has the message: its answer is on its way when this thread stops for longer than it would wait.
    await once(store, 'message');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * SILENT_MS);
    expect(await delivering).toBe('taken, taken');
  } finally {
    await store.terminate();
  }
});
