import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openSocket } from './socket.ts';

/** A connection whose server has said why, and has reset it; the client has read nothing of it yet. */
async function refused(say: string): Promise<AsyncDisposable & { readonly socket: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const socket = openSocket({ host: '127.0.0.1', port: address.port });
  const [far] = await Promise.all([accepted, once(socket, 'connect')]);
  far.on('error', () => undefined);
  // Both at once, so that the client's event loop sees neither before it writes.
  if (say !== '') far.write(say);
  far.resetAndDestroy();
  return {
    socket,
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      server.close();
    },
  };
}

test.each([
  ['one write', (socket: Socket) => void socket.write('more')],
  [
    'several at once',
    (socket: Socket) => {
      socket.cork();
      socket.write('more');
      socket.write('and more');
      socket.uncork();
    },
  ],
])('%s after a reset: what the server said is read before the error', async (_name, write) => {
  await using connection = await refused('552 too large\r\n');
  const { socket } = connection;
  const seen: string[] = [];
  socket.on('data', (octets) => seen.push(octets.toString()));
  socket.on('error', () => seen.push('error'));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  write(socket);
  await closed;
  expect(seen[0]).toBe('552 too large\r\n');
  expect(seen.filter((one) => one === 'error')).toHaveLength(1);
});

test('a server that says nothing: the error comes all the same', async () => {
  await using connection = await refused('');
  const { socket } = connection;
  const error = once(socket, 'error');
  socket.resume();
  socket.write('more');
  expect(await error).toEqual([expect.objectContaining({ code: expect.stringMatching(/EPIPE|ECONNRESET/u) })]);
});
