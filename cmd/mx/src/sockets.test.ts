import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import type { ListenAddress } from './flags.ts';
import { bindSockets, listenProblem } from './sockets.ts';

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

test.each([
  ['EADDRINUSE', 75],
  ['EADDRNOTAVAIL', 75],
  ['EMFILE', 75],
  ['ENFILE', 75],
  ['EACCES', 78],
  ['EAFNOSUPPORT', 78],
  ['ENOTFOUND', 78],
])('%s at binding ends the program with %i: systemd starts it again unless the configuration is wrong', (code, exitCode) => {
  expect(listenProblem({ host: '192.0.2.1', port: 25 }, Object.assign(new Error(code), { code }))).toMatchObject({ exitCode });
});

test('an address that this machine does not have yet is for later', async () => {
  await expect(bindSockets([{ host: '192.0.2.1', port: 0 }])).rejects.toMatchObject({ exitCode: 75 });
});
