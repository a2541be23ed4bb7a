import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery, DeliveryRequest, Outcome } from '@vratny/delivery';
import { createMemoryDelivery } from '@vratny/delivery/memory';
import { createByteBudget } from '@vratny/message';
import { ENVELOPE, gate, POLICY, until } from '@vratny/server/testing';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../mx.fixture.ts';

const RECIPIENTS = ['alice', 'bob', 'carol'].map((name) => `RCPT TO:<${name}@example.test>`);
/** More than stays in memory. */
const LARGE = `${'x'.repeat(78)}\r\n`.repeat(8_000);

/** A store that answers with these outcomes. */
function storeThat(deliver: (request: DeliveryRequest) => Promise<readonly Outcome[]>): Delivery {
  return { ...createMemoryDelivery(), deliver };
}

async function atData(client: SmtpClient, recipients: readonly string[] = RECIPIENTS): Promise<SmtpClient> {
  await client.askAll('MAIL FROM:<a@sender.test>', ...recipients, 'DATA');
  return client;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Open descriptors of files in a folder, deleted or not. */
function openIn(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

describe('a message that is too big', () => {
  it('is refused after its end, with memory flat, and the session goes on', async () => {
    const budget = createByteBudget(100_000_000);
    let peakBytes = 0;
    const inFlight = {
      ...budget,
      take: (bytes: number) => {
        const taken = budget.take(bytes);
        peakBytes = Math.max(peakBytes, budget.takenBytes);
        return taken;
      },
    };
    const served = await serve({ limits: { messageMaxBytes: 500_000 }, inFlight });
    const client = await atData(await served.ready());
    client.write(LARGE);
    expect(await client.ask('.')).toMatch(/^552 5\.3\.4 .*\/r\/\w{33}$/u);
    expect(peakBytes).toBeLessThanOrEqual(500_000);
    expect(budget.takenBytes).toBe(0);
    await atData(client);
    expect(await client.ask('small\r\n.')).toMatch(/^250 /u);
    expect(served.stored).toHaveLength(3);
  });

  it('is read to twice the limit, and then refused and cut off', async () => {
    const served = await serve({ limits: { messageMaxBytes: 100_000 } });
    const client = await atData(await served.ready());
    for (let i = 0; i < 5; i += 1) client.write(LARGE);
    expect(await client.rest()).toMatch(/^552 5\.3\.4 [^\r\n]+\r\n$/u);
    await until('the client is gone', () => served.server.clients.total === 0);
    expect(served.inFlight.takenBytes).toBe(0);
    expect(served.journal.events).toContainEqual(expect.objectContaining({ kind: 'session', what: 'refused' }));
  });

  it.each([
    [500_000, '250'],
    [500_001, '552'],
  ])('with a limit of 500000, %i octets get %s', async (octets, code) => {
    const served = await serve({ limits: { messageMaxBytes: 500_000 } });
    const client = await atData(await served.ready());
    client.write(`${'x'.repeat(octets - 2)}\r\n.\r\n`);
    expect(await client.reply()).toMatch(new RegExp(`^${code} `, 'u'));
  });
});

describe('the spool', () => {
  it('has no room: 452 at the end, and the session goes on', async () => {
    const served = await serve({ inFlight: createByteBudget(1000) });
    const client = await atData(await served.ready());
    client.write(LARGE);
    expect(await client.ask('.')).toMatch(/^452 4\.3\.1 /u);
    expect(served.inFlight.takenBytes).toBe(0);
    expect(served.journal.events).toContainEqual(expect.objectContaining({ kind: 'fault', where: 'spool' }));
    await atData(client);
    expect(await client.ask('small\r\n.')).toMatch(/^250 /u);
  });

  it('has no room for what was declared: 452 at DATA', async () => {
    const client = await (await serve({ inFlight: createByteBudget(1000) })).ready();
    await client.askAll('MAIL FROM:<a@sender.test> SIZE=1001', ENVELOPE[1]);
    expect(await client.ask('DATA')).toMatch(/^452 4\.3\.1 /u);
  });

  it('is broken: 451 at the end, and the session goes on', async () => {
    const served = await serve({ spoolDirectory: join(tmpdir(), 'there', 'is', 'none') });
    const client = await atData(await served.ready());
    client.write(LARGE);
    expect(await client.ask('.')).toMatch(/^451 4\.3\.0 /u);
    await atData(client);
    expect(await client.ask('small\r\n.')).toMatch(/^250 /u);
  });

  it.each(['a bare\rCR', 'a \0 NUL'])('holds %j: 550 5.6.0', async (text) => {
    const client = await atData(await (await serve()).ready());
    expect(await client.ask(`${text}\r\n.`)).toMatch(/^550 5\.6\.0 /u);
  });
});

describe('what the store says', () => {
  const stored: Outcome = { kind: 'stored', bytes: 10 };
  const delayed: Outcome = { kind: 'delayed', detail: 'store is down' };
  const full: Outcome = { kind: 'refused', text: '552 5.2.2 full' };
  const gone: Outcome = { kind: 'refused', text: '550-5.1.1 no such\r\n550 5.1.1 mailbox' };
  const garbled: Outcome = { kind: 'refused', text: 'no' };
  const rows: readonly (readonly [name: string, outcomes: readonly Outcome[], reply: RegExp])[] = [
    ['all stored', [stored, stored, stored], /^250 2\.0\.0 stored as /u],
    ['all delayed', [delayed, delayed, delayed], /^451 4\.3\.0 .*panel/u],
    ['all refused', [full, gone, full], /^552 5\.2\.2 full https:.*panel/u],
    ['all refused in several lines', [gone, gone, gone], /^550 5\.1\.1 no such mailbox https:/u],
    ['refused with what is no reply', [garbled, garbled, garbled], /^451 4\.3\.0 /u],
    ['some stored, some refused', [stored, full, stored], /^451 4\.3\.0 /u],
    ['some stored, some delayed', [stored, delayed, stored], /^451 4\.3\.0 /u],
    ['some refused, some delayed', [full, delayed, full], /^451 4\.3\.0 /u],
    ['fewer outcomes than copies', [stored, stored], /^451 4\.3\.0 /u],
    ['no outcome', [], /^451 4\.3\.0 /u],
  ];
  it.each(rows)('%s', async (_, outcomes, reply) => {
    const used: string[] = [];
    const usage = { addUsage: async (address: string) => void used.push(address), setUsage: async () => undefined };
    const served = await serve({ delivery: storeThat(async () => outcomes), usage });
    const client = await atData(await served.ready());
    expect(await client.ask('x\r\n.')).toMatch(reply);
    expect(served.journal.events.filter((event) => event.kind === 'delivery')).toHaveLength(1);
    expect(used).toHaveLength(outcomes.filter((outcome) => outcome.kind === 'stored').length);
    expect(await client.ask('DATA')).toMatch(/^503 /u);
  });

  it('full, after it has counted: the register is put right, so that the next sender is told at RCPT', async () => {
    const set: (readonly [string, number])[] = [];
    const usage = { addUsage: async () => undefined, setUsage: async (...args: [string, number]) => void set.push(args) };
    const counted: Outcome = { kind: 'refused', text: '552 5.2.2 no room', usedBytes: 77 };
    const served = await serve({ delivery: storeThat(async () => [counted, full, stored]), usage });
    await (await atData(await served.ready())).ask('x\r\n.');
    expect(set).toEqual([['alice@example.test', 77]]);
  });

  it.each([
    ['the store', { delivery: storeThat(() => Promise.reject(new Error('a bug in the store'))) }],
    ['the clock', { now: () => new Date(Number.NaN) }],
  ])('a bug in %s delays, and the session lives', async (_, wishes) => {
    const served = await serve(wishes);
    const client = await served.ready();
    const replies = await client.askAll(...ENVELOPE, 'DATA');
    if (replies[2]?.startsWith('354')) expect(await client.ask('x\r\n.')).toMatch(/^(?:451 4\.3\.0|250 2\.0\.0) /u);
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
    expect(served.inFlight.takenBytes).toBe(0);
  });

  it('a bug in a stamp delays, and the session lives', async () => {
    const broken = () => {
      throw new Error('a bug in the policy');
    };
    const served = await serve({ policy: { ...POLICY, stamps: [{ name: 'broken', facts: [], write: broken }] } });
    const client = await atData(await served.ready());
    expect(await client.ask('x\r\n.')).toMatch(/^451 4\.3\.0 /u);
    expect(served.journal.events).toContainEqual(
      expect.objectContaining({ kind: 'fault', where: 'session', detail: expect.stringContaining('a bug in the policy') }),
    );
    expect(await client.ask(ENVELOPE[0])).toMatch(/^250 /u);
    expect(served.inFlight.takenBytes).toBe(0);
  });

  it('a bug at MAIL leaves no half transaction behind', async () => {
    let armed = false;
    const policy = {
      ...POLICY,
      get mail() {
        if (armed) throw new Error('a bug in the policy');
        return POLICY.mail;
      },
    };
    const client = await (await serve({ policy })).ready();
    armed = true;
    expect(await client.ask(ENVELOPE[0])).toMatch(/^451 4\.3\.0 /u);
    armed = false;
    expect(await client.ask(ENVELOPE[0])).toMatch(/^250 /u);
  });

  it('answers 250 though the register is away', async () => {
    const away = () => Promise.reject(new Error('register is away'));
    const served = await serve({ usage: { addUsage: away, setUsage: away } });
    const client = await atData(await served.ready());
    expect(await client.ask('x\r\n.')).toMatch(/^250 /u);
    expect(served.journal.events).toContainEqual(expect.objectContaining({ kind: 'fault', where: 'register' }));
  });

  it('delivers one copy to a mailbox that two recipients lead to', async () => {
    const served = await serve();
    const client = await atData(await served.ready(), ['RCPT TO:<alice@example.test>', 'RCPT TO:<alice+tag@example.test>']);
    await client.ask('x\r\n.');
    expect(served.stored.map((message) => message.address)).toEqual(['alice@example.test']);
  });
});

describe('a client that goes', () => {
  const ways: readonly (readonly [name: string, leave: (client: SmtpClient) => void])[] = [
    ['closing', (client) => client.socket.destroy()],
    ['resetting', (client) => client.socket.resetAndDestroy()],
    ['closing its side', (client) => client.socket.end()],
  ];
  it.each(ways)('in the middle of a message, %s: nothing is delivered and nothing stays open', async (_, leave) => {
    const folder = temporaryFolder();
    const served = await serve({ spoolDirectory: folder });
    const client = await atData(await served.ready());
    client.write(LARGE);
    await until('the spool is a file', () => openIn(folder) === 1);
    leave(client);
    await until('the client is gone', () => served.server.clients.total === 0);
    await until('the spool is closed', () => openIn(folder) === 0);
    expect(served.inFlight.takenBytes).toBe(0);
    expect(served.stored).toEqual([]);
    expect(served.journal.events.filter((event) => event.kind === 'fault')).toEqual([]);
  });

  it('while its message is delivered, by a reset: the store is told to stop', async () => {
    const folder = temporaryFolder();
    const started = gate();
    const stopped = gate();
    const delivery = storeThat(async ({ signal }) => {
      started.open();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      stopped.open();
      return [{ kind: 'delayed', detail: 'told to stop' }];
    });
    const served = await serve({ delivery, spoolDirectory: folder });
    const client = await atData(await served.ready(), [RECIPIENTS[0] ?? '']);
    client.write(`${LARGE}.\r\n`);
    await started.opened;
    client.socket.resetAndDestroy();
    await stopped.opened;
    await until('the client is gone', () => served.server.clients.total === 0);
    await until('the spool is closed', () => openIn(folder) === 0);
    expect(served.inFlight.takenBytes).toBe(0);
    expect(served.journal.events.find((event) => event.kind === 'delivery')).toMatchObject({ stored: [] });
  });

  it.each(['EHLO x\r\n', `${ENVELOPE[0]}\r\n`, `${ENVELOPE.join('\r\n')}\r\n`, `${ENVELOPE.join('\r\n')}\r\nDATA\r\n`, 'EHL'])(
    'right after %j leaves nothing behind',
    async (said) => {
      const served = await serve();
      const client = await served.ready();
      client.write(said);
      client.socket.destroySoon();
      await until('the client is gone', () => served.server.clients.total === 0);
      expect([...served.server.clients.perIp]).toEqual([]);
      expect(served.journal.events.filter((event) => event.kind === 'fault')).toEqual([]);
    },
  );
});
