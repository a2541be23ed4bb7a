import type { RunningMx } from '@vratny/support/mx';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { expect, it } from 'vitest';
import { dial, makeSite, startMx, waitFor } from '../mx.fixture.ts';

const TEST_MS = 180_000;
const ANSWERED_MS = 60_000;
const ENVELOPE = ['EHLO x', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>', 'DATA', ''].join('\r\n');

const greetedOf = (clients: readonly SmtpClient[]) => clients.filter((client) => client.unread().startsWith('220 '));
const refusedOf = (clients: readonly SmtpClient[], code: string) => clients.filter((client) => client.unread().startsWith(`421 ${code} `));

/** Everybody has got a line: nobody was closed without a word. */
async function answered(clients: readonly SmtpClient[], mx: RunningMx): Promise<void> {
  const silent = () => clients.filter((client) => !/^(?:220|421) .*\r\n/u.test(client.unread()));
  const explain = () =>
    `${silent().length} silent, ${silent().filter((client) => client.socket.closed).length} of them closed\n${mx.stderr().slice(-2000)}`;
  await waitFor('everybody was answered', () => silent().length === 0, explain, ANSWERED_MS);
}

/** How many refusals the journal counts. */
function countedRefusals(mx: RunningMx): number {
  const lines = mx
    .stderr()
    .split('\n')
    .filter((line) => line.includes('"refused"'))
    .map((line): { count?: number } => JSON.parse(line));
  return lines.reduce((sum, { count = 1 }) => sum + count, 0);
}

it('a burst from one address: the limit, and one for each further worker; all others get 421 and are counted', {
  timeout: TEST_MS,
}, async () => {
  const mx = await startMx(await makeSite('limits: { connectionsPerIp: 5 }\n'), { workers: 3 });
  const { port } = mx;
  const clients = Array.from({ length: 1_500 }, () => dial(port));
  await answered(clients, mx);
  const greeted = greetedOf(clients).length;
  expect(greeted).toBeGreaterThanOrEqual(5);
  expect(greeted).toBeLessThanOrEqual(7);
  expect(refusedOf(clients, '4.7.0')).toHaveLength(clients.length - greeted);
  // It keeps nobody else out.
  const other = dial(port, '127.0.0.2');
  await answered([other], mx);
  expect(greetedOf([other])).toHaveLength(1);
  for (const client of [...clients, other]) client.socket.destroy();
  mx.signal('SIGTERM');
  expect(await mx.ended).toBe(0);
  expect(countedRefusals(mx)).toBe(clients.length - greeted);
  expect(
    mx
      .stderr()
      .split('\n')
      .filter((line) => line.includes('"refused"')).length,
  ).toBeLessThan(30);
});

it('connections of a host: exactly so many, though there are more workers than that', { timeout: TEST_MS }, async () => {
  const mx = await startMx(await makeSite('limits: { connections: 2 }\n'), { workers: 4 });
  const { port } = mx;
  const clients = Array.from({ length: 40 }, (_, i) => dial(port, `127.0.0.${i + 1}`));
  await answered(clients, mx);
  expect(greetedOf(clients)).toHaveLength(2);
  expect(refusedOf(clients, '4.3.2')).toHaveLength(38);
  for (const client of greetedOf(clients)) client.socket.destroy();
  // A place that is free is had again, whatever worker the client comes to.
  const later: SmtpClient[] = [];
  await waitFor(
    'somebody is let in again',
    () => {
      if (later.every((client) => client.unread().startsWith('421'))) later.push(dial(port, '127.0.0.99'));
      return greetedOf(later).length === 1;
    },
    mx.stderr,
  );
});

it('octets of messages in flight: of all workers together', { timeout: TEST_MS }, async () => {
  const mx = await startMx(await makeSite('limits: { message: 100KiB, messagesInFlight: 150KiB }\n'), { workers: 3 });
  const { port } = mx;
  const clients = Array.from({ length: 6 }, () => dial(port));
  await answered(clients, mx);
  for (const client of clients) client.socket.write(ENVELOPE);
  await waitFor('354', () => clients.every((client) => client.unread().includes('354 ')), mx.stderr);
  const line = `${'x'.repeat(70)}\r\n`;
  // Two thirds of one's share each, without the final dot: what is taken stays taken.
  for (const client of clients) client.socket.write(line.repeat(900));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (const client of clients) client.socket.write('.\r\n');
  const answers = () => clients.map((client) => /(?:250 2\.0\.0|452 4\.3\.1) .*/u.exec(client.unread())?.[0] ?? '');
  await waitFor(
    'all are answered',
    () => answers().every(Boolean),
    () => JSON.stringify(answers()),
    ANSWERED_MS,
  );
  expect(answers().filter((answer) => answer.startsWith('250')).length).toBeLessThanOrEqual(2);
  expect(answers().filter((answer) => answer.startsWith('452')).length).toBeGreaterThanOrEqual(4);
});

it('descriptors that run out: everybody is told, the operator too, and mail goes on', { timeout: TEST_MS }, async () => {
  const site = await makeSite('limits: { connectionsPerIp: 10000 }\n');
  const mx = await startMx(site, { by: ['prlimit', '--nofile=128'] });
  const { port } = mx;
  await waitFor('it is said at the start', () => mx.stderr().includes('"where":"limits"'), mx.stderr);
  expect(mx.stderr()).toMatch(/limits\.connections is 10000, but with 128 descriptors \(nofile\) .*set LimitNOFILE=\d+/u);
  const clients = Array.from({ length: 400 }, () => dial(port));
  await answered(clients, mx);
  const greeted = greetedOf(clients);
  expect(greeted.length).toBeGreaterThan(20);
  expect(refusedOf(clients, '4.3.2')).toHaveLength(400 - greeted.length);
  await waitFor('it is an alarm', () => mx.stderr().includes('"where":"descriptors"'), mx.stderr);
  const [sender] = greeted;
  sender?.socket.write(ENVELOPE);
  await waitFor('354', () => sender?.unread().includes('354 ') ?? false, mx.stderr);
  sender?.socket.write(`Subject: x\r\n\r\n${'x'.repeat(76)}\r\n.\r\n`);
  await waitFor(
    '250',
    () => sender?.unread().includes('stored as') ?? false,
    () => `${sender?.unread()}\n${mx.stderr()}`,
  );
});
