import type { ServerAddress } from '@vratny/client';
import { contentOf } from '@vratny/message';
import { startLmtpServer } from '@vratny/support/lmtp-server';
import { expect, test } from 'vitest';
import { describeDelivery } from './contract.ts';
import { createLmtp, createRelay } from './lmtp.ts';

async function create(kind: ServerAddress['kind'], features?: readonly string[], open: typeof createRelay = createLmtp) {
  const store = await startLmtpServer({ features }, { kind });
  const delivery = open({ servers: [store.server], hostName: 'mx.example.test', now: () => new Date() });
  return {
    delivery,
    stored: async (address: string) => store.taken.filter((one) => one.recipients.includes(address)).map((one) => one.bytes),
    empty: () => Promise.resolve(),
    leftovers: async () => [],
    dispose: async () => store[Symbol.asyncDispose](),
  };
}

describeDelivery('lmtp over TCP', () => create('tcp'), { countsQuota: false, looksForEarlier: false });
describeDelivery('lmtp over a Unix socket', () => create('unix'), { countsQuota: false, looksForEarlier: false });
describeDelivery('a relay', () => create('tcp', undefined, createRelay), { countsQuota: false, looksForEarlier: false });
describeDelivery('lmtp without extensions', () => create('tcp', []), { countsQuota: false, looksForEarlier: false });

test('a relay does not admit what it cannot send, so that the others get theirs', async () => {
  const relay = createRelay({ servers: [{ kind: 'tcp', host: '127.0.0.1', port: 1 }], hostName: 'mx.example.test', now: () => new Date() });
  const signal = new AbortController().signal;
  expect(await relay.admits({ address: 'jürgen@far.test', usedBytes: 0 }, 1, signal)).toMatchObject({ kind: 'unknown' });
  expect(await relay.admits({ address: 'bob@far.test', usedBytes: 0 }, 1, signal)).toEqual({ kind: 'room' });
  await relay.close();
});

test('a relay refuses one recipient or all of them, and is told EHLO', async () => {
  await using server = await startLmtpServer({
    command: (command) => (command.startsWith('RCPT TO:<gone@') ? '550 5.1.1 nobody\r\n' : undefined),
    dot: (recipients) => (recipients.includes('full@far.test') ? ['452 4.2.2 later\r\n'] : undefined),
  });
  const relay = createRelay({ servers: [server.server], hostName: 'mx.example.test', now: () => new Date() });
  const deliver = async (...addresses: readonly string[]) => {
    const outcomes = await relay.deliver({
      sender: null,
      content: contentOf(Buffer.from('Subject: x\r\n\r\n')),
      omit: [],
      key: '00'.repeat(32),
      resumed: false,
      confirm: async () => true,
      signal: new AbortController().signal,
      copies: addresses.map((address) => ({ target: { address, usedBytes: 0 }, stamps: '' })),
    });
    return outcomes.map(({ kind }) => kind);
  };
  expect(await deliver('alice@far.test', 'gone@far.test', 'bob@far.test')).toEqual(['stored', 'refused', 'stored']);
  expect(await deliver('alice@far.test', 'full@far.test')).toEqual(['delayed', 'delayed']);
  expect(server.commands.filter((command) => command.includes('LO '))).toEqual(['1 EHLO mx.example.test']);
  await server[Symbol.asyncDispose]();
  expect(await deliver('alice@far.test')).toEqual(['delayed']);
  await relay.close();
});
