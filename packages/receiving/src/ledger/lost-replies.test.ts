import { gate, until } from '@vratny/server/testing';
import { createMemoryState } from '@vratny/state/memory';
import { turnOfEventLoop } from '@vratny/waiting';
import { describe, expect, it } from 'vitest';
import { LEDGER_MS } from '../limits.ts';
import { createScriptedStore } from '../store.fixture.ts';
import { ALICE, host } from './host.fixture.ts';
import { codeOfSending, MESSAGE, pipelined } from './sender.fixture.ts';

/** Sends to alice and is gone when the store has it, before the reply. */
async function loseReply({ store, ready, journal }: Awaited<ReturnType<typeof host>>, from?: string): Promise<void> {
  const deliveries = () => journal.events.filter((event) => event.kind === 'delivery').length;
  const before = deliveries();
  const client = await ready(from);
  const stored = gate();
  const gone = gate();
  store.afterStoring = () => {
    stored.open();
    return gone.opened;
  };
  client.say(...pipelined('alice'));
  await stored.opened;
  client.socket.destroy();
  // Its end is seen, and its connection stays until it is answered.
  for (let turns = 0; turns < 20; turns += 1) await turnOfEventLoop();
  store.afterStoring = () => Promise.resolve();
  gone.open();
  await until('the delivery ended', () => deliveries() > before);
  await turnOfEventLoop();
}

describe('a lost 250', () => {
  it('is no second copy: the retry is acknowledged from the ledger', async () => {
    const one = await host();
    await loseReply(one);
    const client = await one.ready();
    expect(await codeOfSending(client, 'alice')).toBe('250');
    expect(one.copies()).toBe(1);
    // It was read now: an equal message is one more message.
    expect(await codeOfSending(client, 'alice')).toBe('250');
    expect(one.copies()).toBe(2);
  });

  it.each([
    ['the same content from another network', '127.0.0.9', MESSAGE],
    ['other content', '127.0.0.1', `${MESSAGE}!`],
  ])('keeps nothing else out: %s', async (_, from, message) => {
    const one = await host();
    await loseReply(one);
    expect(await codeOfSending(await one.ready(from), 'alice', { message })).toBe('250');
    expect(one.copies()).toBe(2);
  });

  it('is remembered on another host of the site', async () => {
    const state = createMemoryState();
    const store = createScriptedStore();
    const shared = { ledger: state.ledger, lease: state.lease };
    const first = await host(shared, store);
    const other = await host({ ...shared, host: { role: 'secondary', letter: 'b' } }, store);
    await loseReply(first);
    expect(await codeOfSending(await other.ready(), 'alice')).toBe('250');
    expect(store.copies(ALICE)).toBe(1);
  });

  it('is remembered for six hours', async () => {
    const one = await host();
    await loseReply(one);
    one.pass(LEDGER_MS + 1);
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(2);
  });

  const unread: readonly (readonly [name: string, lines: readonly string[]])[] = [
    ['nothing follows', []],
    ['QUIT was pipelined', ['QUIT']],
    ['commands were pipelined', ['MAIL FROM:<b@sender.test>', 'RSET', 'NOOP']],
  ];
  it.each(unread)('counts as lost when %s', async (_, lines) => {
    const one = await host();
    const client = await one.ready();
    client.say(...pipelined('alice'), ...lines);
    await until('it is stored', () => one.journal.events.some((event) => event.kind === 'delivery'));
    await client.reply();
    client.socket.destroy();
    await until('the client is gone', () => one.server.clients.total === 0);
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(1);
  });
});
