import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TLS } from './certificate.fixture.ts';
import { COMMAND_MS, DRAIN_MS, MESSAGE_MS, SESSION_MS } from './limits.ts';
import { ENVELOPE, gate, serve, until } from './server.fixture.ts';

/** Only our own timers are moved: sockets and the test's own deadlines live in real time. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Lets what was written reach the other side. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('deadlines', () => {
  it('ends a session in which nothing is said', async () => {
    const served = await serve();
    const client = await served.client();
    await vi.advanceTimersByTimeAsync(COMMAND_MS - 1);
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
    await vi.advanceTimersByTimeAsync(COMMAND_MS);
    expect(await client.rest()).toBe('421 4.4.2 nothing was said for too long\r\n');
    await until('it is written down', () => served.server.clients.total === 0);
    expect(served.journal.events.at(-1)).toMatchObject({ what: 'closed', detail: '421 4.4.2 nothing was said for too long' });
  });

  it('ends a session in which a command trickles in', async () => {
    const client = await (await serve()).client();
    for (const octet of 'NOO') {
      client.write(octet);
      await settle();
      await vi.advanceTimersByTimeAsync(COMMAND_MS / 3);
    }
    expect(await client.rest()).toMatch(/^421 4\.4\.2 /u);
  });

  it('ends a session whose handshake trickles in', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    await client.ask('STARTTLS');
    for (const octet of [22, 3, 1, 2]) {
      client.write(Buffer.from([octet]));
      await settle();
      await vi.advanceTimersByTimeAsync(COMMAND_MS / 4);
    }
    expect(await client.rest()).toBe('');
    await until('the client is gone', () => served.server.clients.total === 0);
  });

  it('ends a message that stops coming', async () => {
    const served = await serve();
    const client = await served.ready();
    await client.askAll(...ENVELOPE, 'DATA');
    client.say('Subject: x');
    await settle();
    await vi.advanceTimersByTimeAsync(COMMAND_MS);
    expect(await client.rest()).toMatch(/^421 4\.4\.2 nothing was said/u);
    expect(served.stored).toEqual([]);
  });

  it('ends a message that comes too slowly, by the monotonic clock', async () => {
    let now = 0;
    const served = await serve({ monotonicMs: () => now });
    const client = await served.ready();
    await client.askAll(...ENVELOPE, 'DATA');
    now = MESSAGE_MS;
    client.say('Subject: slow, but not too slow');
    await settle();
    now = MESSAGE_MS + 1000;
    client.say('and now too slow');
    expect(await client.rest()).toMatch(/^421 4\.4\.2 the message came too slowly https:\/\/\S+\r\n$/u);
    expect(served.stored).toEqual([]);
  });

  it('gives no more time for what is beyond the limit', async () => {
    let now = 0;
    const client = await (await serve({ monotonicMs: () => now, limits: { messageMaxBytes: 1000 } })).ready();
    await client.askAll(...ENVELOPE, 'DATA');
    now = MESSAGE_MS + 1000;
    client.write('x'.repeat(1_900));
    expect(await client.rest()).toMatch(/^421 4\.4\.2 the message came too slowly https:\/\/\S+\r\n$/u);
  });

  it('ends a session that lasts too long, but lets an answer out first', async () => {
    const started = gate();
    const finish = gate();
    const served = await serve();
    served.service.beforeTaking = () => {
      started.open();
      return finish.opened;
    };
    const client = await served.ready();
    for (let passed = 0; passed < SESSION_MS - COMMAND_MS; passed += COMMAND_MS / 2) {
      await vi.advanceTimersByTimeAsync(COMMAND_MS / 2);
      await client.ask('NOOP');
    }
    await client.askAll(...ENVELOPE, 'DATA');
    for (let passed = 0; passed < COMMAND_MS; passed += COMMAND_MS / 10) {
      client.say('x');
      await settle();
      await vi.advanceTimersByTimeAsync(COMMAND_MS / 10 - 2000);
    }
    client.say('.');
    await started.opened;
    await vi.advanceTimersByTimeAsync(25_000);
    finish.open();
    expect(await client.rest()).toMatch(/^250 2\.0\.0 stored as [^\r]*\r\n421 4\.4\.2 this session has lasted long enough[^\r]*\r\n$/u);
  });
});

describe('draining', () => {
  it('says goodbye to idle clients, and finishes a running message', async () => {
    const served = await serve();
    const idle = await served.ready();
    const greeted = await served.client();
    const sending = await served.ready();
    await sending.askAll(...ENVELOPE, 'DATA');
    const drained = served.server.drain();
    for (const client of [idle, greeted]) expect(await client.rest()).toBe('421 4.3.2 this node is going down, please connect again\r\n');
    sending.say('Subject: last', '', '.');
    expect(await sending.rest()).toMatch(/^250 2\.0\.0 stored as [^\r]*\r\n421 4\.3\.2 [^\r]*\r\n$/u);
    await drained;
    expect(served.stored).toHaveLength(1);
    await expect(served.client()).rejects.toThrow();
  });

  it('lets a transaction come to its end', async () => {
    const served = await serve();
    const client = await served.ready();
    await client.ask(ENVELOPE[0]);
    const drained = served.server.drain();
    expect(await client.ask(ENVELOPE[1])).toMatch(/^250 /u);
    expect(await client.ask('RSET')).toMatch(/^250 /u);
    expect(await client.rest()).toMatch(/^421 4\.3\.2 /u);
    await drained;
  });

  it('breaks off what takes too long', async () => {
    const served = await serve();
    const client = await served.ready();
    await client.askAll(...ENVELOPE, 'DATA');
    const drained = served.server.drain();
    await vi.advanceTimersByTimeAsync(DRAIN_MS);
    await drained;
    expect(await client.rest()).toBe('');
    expect(served.stored).toEqual([]);
  });

  it('may be asked for twice', async () => {
    const served = await serve();
    const client = await served.client();
    const both = Promise.all([served.server.drain(), served.server.drain()]);
    await client.rest();
    await both;
    await served.server.drain();
  });
});
