import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../server.fixture.ts';
import { awaitFirstRecord } from './first-record.ts';

/** A record of a handshake that says that `length` octets follow. */
const record = (length: number, follow = length) =>
  Buffer.concat([Buffer.from([22, 3, 1, length >> 8, length & 255]), Buffer.alloc(follow, 'x')]);

/** Both sides of a connection; the server's waits for its first record. */
async function waiting(): Promise<{ client: Socket; socket: Socket; ready: () => number }> {
  let ready = 0;
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  awaitFirstRecord(socket, () => {
    ready += 1;
  });
  return { client, socket, ready: () => ready };
}

describe('the first record of a handshake', () => {
  it.each<[what: string, octets: Buffer]>([
    ['a whole record', record(300)],
    ['the largest one', record(2 ** 14)],
    ['a record and a piece of the next', Buffer.concat([record(300), record(300, 7)])],
    ['an empty record', record(0)],
    ['a length that no record has', record(2 ** 14 + 1, 0)],
    ['an alert', Buffer.from([21, 3, 1, 0, 2, 2, 40])],
    ['no TLS at all', Buffer.from('E')],
  ])('is given on: %s', async (_what, octets) => {
    const { client, socket, ready } = await waiting();
    client.write(octets);
    await until('it is ready', () => ready() > 0);
    const read: unknown = socket.read();
    expect(read).toEqual(octets.subarray(0, Buffer.isBuffer(read) ? read.length : 0));
    expect(Buffer.isBuffer(read)).toBe(true);
    expect(ready()).toBe(1);
  });

  it('is waited for octet by octet, and given on whole', async () => {
    const { client, socket, ready } = await waiting();
    const octets = record(20);
    for (const [at, octet] of octets.entries()) {
      expect(ready()).toBe(0);
      client.write(Buffer.from([octet]));
      await until('it has come', () => socket.bytesRead === at + 1);
    }
    await until('it is ready', () => ready() === 1);
    expect(socket.read()).toEqual(octets);
  });

  it('is no longer waited for once the socket is closed', async () => {
    const { client, socket, ready } = await waiting();
    client.write(record(300, 10));
    await until('a piece has come', () => socket.bytesRead > 0);
    socket.on('error', () => undefined);
    client.resetAndDestroy();
    await until('nobody listens', () => socket.listenerCount('readable') === 0);
    expect(socket.closed).toBe(true);
    expect(ready()).toBe(0);
  });
});
