import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import type { ListenAddress } from './flags.ts';
import { bindSockets } from './sockets.ts';

const withIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'));

/** Binds an address and listens on it, as primary and worker do together. */
async function take(at: ListenAddress): Promise<ListenAddress | undefined> {
  const sockets = await bindSockets([at]);
  const server = createServer();
  onTestFinished(() => {
    server.close();
    sockets.close();
  });
  await once(server.listen({ fd: sockets.descriptors[0] }), 'listening');
  return sockets.addresses[0];
}

test.skipIf(!withIpv6)('one port can be had for both address families', async () => {
  const port = (await take({ host: '::', port: 0 }))?.port ?? 0;
  expect(await take({ host: '0.0.0.0', port })).toMatchObject({ host: '0.0.0.0', port });
});
