import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TLS_PAIR } from './certificate.fixture.ts';
import { ENVELOPE, serve, until } from './server.fixture.ts';

/** More than CUT_OFF_MS; the library alone waited for 5 s and more. */
const SOON_MS = 3_500;
/** More than DRAIN_IDLE_MS and CUT_OFF_MS together. */
const LATER_MS = 9_000;

/**
 * Whether a server lets everybody go within a time. Both timers are of this process, so that a busy machine makes both
 * late; after that the sockets get some turns of the event loop to close.
 */
async function drained(server: Awaited<ReturnType<typeof serve>>['server'], withinMs: number): Promise<'in time' | 'late'> {
  const late = async () => {
    await setTimeout(withinMs);
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
    return 'late' as const;
  };
  return Promise.race([server.drain(20_000).then(() => 'in time' as const), late()]);
}

it('idle clients that never hang up are told to go, and gone soon', async () => {
  const served = await serve();
  const clients = [await served.client(), await served.ready(), await served.ready()];
  for (const { socket } of clients) socket.allowHalfOpen = true;
  expect(await drained(served.server, SOON_MS)).toBe('in time');
  for (const client of clients) expect(await client.rest()).toMatch(/421 4\.3\.2 this node is going down/u);
});

it('one that said QUIT and stays is gone soon', async () => {
  const served = await serve();
  const client = await served.ready();
  client.socket.allowHalfOpen = true;
  expect(await client.ask('QUIT')).toMatch(/^221 /u);
  expect(await drained(served.server, SOON_MS)).toBe('in time');
});

it('one in the middle of a TLS handshake is gone soon', async () => {
  const served = await serve({ tls: { certificates: [TLS_PAIR] } });
  const client = await served.ready();
  expect(await client.ask('STARTTLS')).toMatch(/^220 /u);
  expect(await drained(served.server, SOON_MS)).toBe('in time');
});

it('one that never reads is gone soon', async () => {
  const served = await serve();
  const client = await served.ready();
  client.socket.pause();
  client.write('HELP\r\n'.repeat(60));
  expect(await drained(served.server, SOON_MS)).toBe('in time');
});

it('one that stands in its envelope is waited for a moment, and then told to go', async () => {
  const served = await serve();
  const client = await served.ready();
  await client.askAll(...ENVELOPE);
  expect(await drained(served.server, LATER_MS)).toBe('in time');
  expect(await client.rest()).toMatch(/^421 4\.3\.2 /u);
});

it('one whose message is on its way finishes it', async () => {
  const served = await serve();
  const client = await served.ready();
  await client.askAll(...ENVELOPE, 'DATA');
  client.say('Subject: x', '', 'one half');
  const draining = served.server.drain(20_000);
  await until('it is refused', () => served.server.clients.total === 1);
  client.say('the other', '.');
  expect(await client.reply()).toMatch(/^250 /u);
  expect(await client.reply()).toMatch(/^421 4\.3\.2 /u);
  await draining;
  expect(served.stored).toHaveLength(1);
});
