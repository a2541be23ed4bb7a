import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from './listen.ts';
import { serve } from './server.fixture.ts';

describe('listening', () => {
  it('rejects with the system’s error when the port is taken, and writes nothing down', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const served = await serve();
    await expect(listen(served.options, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(served.journal.events).toEqual([]);
  });

  const v6 = Object.values(networkInterfaces()).some((list) => list?.some((one) => one.family === 'IPv6'));
  it.skipIf(!v6)('takes the same port of both families', async () => {
    const served = await serve();
    const four = await listen(served.options, { host: '0.0.0.0', port: 0 });
    onTestFinished(() => four.drain(0));
    const six = await listen(served.options, { host: '::', port: four.address.port });
    onTestFinished(() => six.drain(0));
    expect(six.address.port).toBe(four.address.port);
  });
});
