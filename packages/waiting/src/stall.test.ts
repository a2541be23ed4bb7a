import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCanceller, startDeadline, until, withDeadline, withGrace } from './index.ts';

const LIMIT_MS = 50;
/** In a thread of its own, which goes on while this one stands still: says a word to each client after a moment. */
const SERVER = `
const { parentPort } = require('node:worker_threads');
const server = require('node:net').createServer((socket) => {
  setTimeout(() => socket.write('answer'), 20);
}).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

let server: Worker;
let port: number;
beforeAll(async () => {
  server = new Worker(SERVER, { eval: true });
  [port] = await once(server, 'message');
});
afterAll(() => void server.terminate());

/** Asks, begins to wait, and stands still until the answer has come and the time is long over. */
async function askAndStandStill(wait: (work: Promise<string>) => Promise<string>): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const answer = once(socket.setEncoding('latin1'), 'data').then(([text]) => String(text));
  const waiting = wait(answer);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6 * LIMIT_MS);
  return waiting.finally(() => socket.destroy());
}

test.each<readonly [string, (work: Promise<string>) => Promise<string>]>([
  ['withDeadline', (work) => withDeadline(work, LIMIT_MS, () => 'late')],
  [
    'withGrace',
    (work) => {
      const ending = createCanceller();
      ending.abort();
      return withGrace(work, ending.signal, LIMIT_MS, () => 'late');
    },
  ],
  ['startDeadline', (work) => until(work, startDeadline(LIMIT_MS).signal, () => 'late')],
])('%s: an answer that came while this process stood still is not late', async (_name, wait) => {
  expect(await askAndStandStill(wait)).toBe('answer');
});
