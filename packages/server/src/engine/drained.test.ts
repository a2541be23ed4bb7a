import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { REPLY_DRAIN_MS } from '../limits.ts';
import { repliesDrained } from './drained.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Both ends of a connection whose client does not read yet; the server has written more than the system takes. */
async function clogged(): Promise<{ readonly server: Socket; readonly client: Socket }> {
  const listener = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const address = listener.address();
  const client = connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' });
  client.pause();
  const [server] = (await once(listener, 'connection')) as [Socket];
  onTestFinished(() => void client.destroy());
  onTestFinished(() => void server.destroy());
  // Beyond what the buffers of both sides hold.
  server.write(Buffer.alloc(32 * 1024 * 1024));
  return { server, client };
}

describe('waiting until replies are read', () => {
  it('waits for nothing where the client reads', async () => {
    const { server } = await clogged();
    server.destroy();
    await repliesDrained(server);
  });

  it('ends when the client reads again, and takes its timer along', async () => {
    const { server, client } = await clogged();
    const drained = repliesDrained(server);
    client.resume();
    await drained;
    expect(server.destroyed).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cuts off a client that does not', async () => {
    const { server } = await clogged();
    const drained = repliesDrained(server);
    await vi.advanceTimersByTimeAsync(REPLY_DRAIN_MS - 1);
    expect(server.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await drained;
    expect(server.destroyed).toBe(true);
  });

  it('ends when the client goes', async () => {
    const { server, client } = await clogged();
    const drained = repliesDrained(server);
    client.resetAndDestroy();
    server.on('error', () => undefined);
    await drained;
  });
});
