import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Updated } from './port.ts';
import { PREFIX_OCTETS, withPrefix } from './system/exchange.ts';
import { signMessage, verifyMessage } from './update/tsig.ts';
import { createUpdater, type TsigKey } from './update.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const KEY: TsigKey = { name: 'Vratny.', algorithm: 'hmac-sha256', secret: Buffer.from('a secret') };
const CHANGE = { zone: 'one.test', name: 'one.test', type: 'A', before: [], after: ['192.0.2.1'], ttlSeconds: 60 } as const;
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Sends one update to a server that answers the bytes of it so. */
async function updateAt(answer: (request: Buffer, socket: Socket) => void, timeoutMs = 5_000): Promise<Updated> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk: Buffer) => answer(chunk.subarray(PREFIX_OCTETS), socket));
    closing.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const at = server.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  return createUpdater({ server: `127.0.0.1:${port}`, key: KEY, now: () => NOW, timeoutMs }).update(CHANGE);
}

/** A header alone: the answer to an update with this response code. */
function header(request: Buffer, rcode: number): Buffer {
  const octets = Buffer.alloc(12);
  request.copy(octets, 0, 0, 2);
  octets.writeUInt16BE(0xa800 | rcode, 2);
  return octets;
}

const sign = (message: Buffer, key: TsigKey): Buffer => signMessage(message, key, NOW).bytes;

it.each<[string, (request: Buffer) => Buffer, string]>([
  ['a good answer that nobody signed', (request) => header(request, 0), 'its answer is not signed'],
  ['a refusal in parts that nobody signed', (request) => header(request, 8), 'its answer is not signed'],
  [
    'one signed with another secret',
    (request) => sign(header(request, 0), { ...KEY, secret: Buffer.from('x') }),
    'signed with another key',
  ],
  ['one signed as a request, not as the answer to ours', (request) => sign(header(request, 0), KEY), 'signed with another key'],
  ['the request itself', (request) => Buffer.from(request), 'it answers something else'],
  ['another id', (request) => header(Buffer.from([request[0] ?? 0, (request[1] ?? 0) ^ 1]), 0), 'it answers something else'],
  ['a few octets', () => Buffer.from([1, 2, 3]), 'cut'],
  [
    'a count of records that are not there',
    (request) => Buffer.concat([header(request, 0).subarray(0, 10), Buffer.from([255, 255])]),
    'range',
  ],
])('%s is not believed', async (_name, answer, detail) => {
  const updated = await updateAt((request, socket) => socket.write(withPrefix(answer(request))));
  expect(updated).toEqual({ kind: 'fault', detail: expect.stringContaining(detail) });
});

it('a server that does not take the key cannot sign that it does not', async () => {
  expect(await updateAt((request, socket) => socket.write(withPrefix(header(request, 9))))).toMatchObject({ kind: 'refused' });
});

it.each<[string, (socket: Socket) => void, string]>([
  ['closes', (socket) => socket.end(), 'closed before the end'],
  ['stops in the midst of its answer', (socket) => socket.end(Buffer.from([0, 50, 1])), 'closed before the end'],
  ['says nothing', () => undefined, 'no answer'],
])('a server that %s: nothing is known', async (_name, answer, detail) => {
  expect(await updateAt((_request, socket) => answer(socket), 300)).toEqual({ kind: 'fault', detail: expect.stringContaining(detail) });
});

it('a signature covers every octet, the key, and a time within five minutes', () => {
  const message = Buffer.concat([header(Buffer.from([1, 2]), 0)]);
  const mac = Buffer.alloc(0);
  // Without a MAC before it a request is signed as an answer would be, but for two octets of length.
  const { bytes } = signMessage(message, KEY, NOW);
  expect(verifyMessage(message, { key: KEY, mac, now: NOW })).toBe('unsigned');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    let verification: unknown;
    try {
      verification = verifyMessage(changed, { key: KEY, mac, now: NOW });
    } catch {
      verification = 'cut';
    }
    expect(verification).not.toBe('good');
  }
});

it('what is no address of a server is refused', async () => {
  const updater = createUpdater({ server: 'ns1.example.test', key: KEY, now: () => NOW });
  expect(await updater.update(CHANGE)).toMatchObject({ kind: 'refused' });
});
