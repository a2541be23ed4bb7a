import type { SmtpClient } from '@vratny/support/smtp-client';
import { expect, it } from 'vitest';
import { dial, makeSite, startMx, waitFor } from './mx.fixture.ts';

const TEST_MS = 180_000;
const spoken = (client: SmtpClient) => /^(?:220|421) .*\r\n/u.test(client.unread());
const refusedOf = (clients: readonly SmtpClient[]) => clients.filter((client) => client.unread().startsWith('421 '));

/** Ports of all its sockets. */
function portsOf(stdout: string): readonly number[] {
  return [...stdout.matchAll(/listening on 127\.0\.0\.1:(\d+)/gu)].map(([, port]) => Number(port));
}

it('keeps to the limits of the site, over all its sockets', { timeout: TEST_MS }, async () => {
  const site = await makeSite('limits: { connections: 6, connectionsPerIp: 4 }\ntarpit: { delay: 0s }\n');
  const mx = await startMx(site, { host: 'c20', more: ['--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0'] });
  await waitFor('both sockets', () => portsOf(mx.stdout()).length === 2);
  const ports = portsOf(mx.stdout());
  const one = Array.from({ length: 8 }, (_, i) => dial(ports[i % 2] ?? 0));
  await waitFor('everybody was answered', () => one.every(spoken), mx.stderr);
  expect(refusedOf(one)).toHaveLength(4);
  expect(refusedOf(one).every((client) => client.unread().startsWith('421 4.7.0 '))).toBe(true);
  const others = Array.from({ length: 5 }, (_, i) => dial(ports[i % 2] ?? 0, `127.0.0.${i + 2}`));
  await waitFor('everybody was answered', () => others.every(spoken), mx.stderr);
  expect(refusedOf(others)).toHaveLength(3);
  // Nobody hangs up, and it ends all the same.
  mx.signal('SIGTERM');
  expect(await mx.ended).toBe(0);
});

it('tells everybody when descriptors run out', { timeout: TEST_MS }, async () => {
  const site = await makeSite('limits: { connectionsPerIp: 10000 }\ntarpit: { delay: 0s }\n');
  const mx = await startMx(site, { host: 'c20', by: ['prlimit', '--nofile=128'] });
  const { port } = mx;
  const clients = Array.from({ length: 300 }, () => dial(port));
  await waitFor(
    'everybody was answered',
    () => clients.every(spoken),
    () => `${clients.filter((one) => !spoken(one)).length} were not`,
  );
  expect(refusedOf(clients).length).toBeGreaterThan(200);
  expect(mx.stderr()).toContain('"where":"limits"');
  expect(mx.stderr()).toContain('"where":"descriptors"');
});
