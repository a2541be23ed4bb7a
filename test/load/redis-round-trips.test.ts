import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { countRoundTrips, MOST_BEFORE } from './count-round-trips.ts';
import { startRoundTripsProxy } from './round-trips-proxy.ts';

it('a sender with one recipient waits for Redis at most twice on a primary, and three times on a secondary', async () => {
  const counted = await countRoundTrips(10);
  for (const { host, what, recipients, mostBefore } of counted) {
    if (recipients === 1) expect(mostBefore, `${host}, ${what}`).toBeLessThanOrEqual(MOST_BEFORE[host]);
  }
  // Something is counted at all: a contact of a stranger is one question, and nothing follows it.
  const putOff = counted.find((one) => one.what.startsWith('stranger, put off'));
  expect(putOff).toMatchObject({ host: 'b20', commands: 10, before: 10, mostBefore: 1, after: 0 });
});

it('a round trip is what is sent before the answer, in however many pieces', async () => {
  // Answers one octet when it has heard a full stop, and nothing to the pieces before it.
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      server.emit('heard');
      if (bytes.toString('latin1').endsWith('.')) socket.write('!');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  await using proxy = await startRoundTripsProxy(address.port);
  const client = connect(proxy.port, '127.0.0.1');
  const deadline = { signal: AbortSignal.timeout(5_000) };
  const send = async (text: string, until: typeof client | typeof server, event: string) => {
    const seen = once(until, event, deadline);
    client.write(text);
    await seen;
  };
  await send('one, ', server, 'heard');
  await send('two.', client, 'data');
  expect(proxy.count()).toBe(1);
  await send('three.', client, 'data');
  expect(proxy.count()).toBe(2);
  client.destroy();
  server.close();
});
