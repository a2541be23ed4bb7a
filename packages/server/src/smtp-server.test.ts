import { expect, it } from 'vitest';
import { ENVELOPE, makeOptions, serveOn, until } from './server.fixture.ts';
import { createMemoryService } from './service.fixture.ts';
import { createSmtpServer } from './smtp-server.ts';

it('tells its service of each step of a client, in order, and waits for what it does before it answers', async () => {
  const { options, journal } = await makeOptions();
  const memory = createMemoryService(journal);
  const told: string[] = [];
  const service: typeof memory = {
    ...memory,
    connect: (session) => {
      told.push(`connect ${session.client.ip}`);
      const inMemory = memory.connect(session);
      return {
        ...inMemory,
        openTransaction: (envelope) => ({
          ...inMemory.openTransaction(envelope),
          objectToRecipient: ({ context }, verdict) => void told.push(`${verdict} ${context.recipient.local}`),
          end: () => void told.push(`end of a transaction with ${envelope.recipients.length}`),
        }),
        settled: async () => void told.push('settled'),
        leave: () => void told.push('leave'),
      };
    },
  };
  const served = await serveOn(createSmtpServer({ ...options, service }));
  const client = await served.ready();
  await client.askAll(...ENVELOPE, 'RCPT TO:<dora@example.test>', 'RSET');
  client.socket.destroy();
  await until('the client is gone', () => served.server.clients.total === 0);
  expect(told).toEqual([
    'connect 127.0.0.1',
    ...['settled', 'settled', 'settled', 'refuse dora', 'settled', 'end of a transaction with 1', 'settled'],
    'leave',
  ]);
});

it('offers what its service can do', async () => {
  const { options, journal } = await makeOptions();
  const service = { ...createMemoryService(journal), offer: { smtpUtf8: false } };
  const client = await (await serveOn(createSmtpServer({ ...options, service }))).client();
  expect(await client.ask('EHLO client.test')).not.toContain('SMTPUTF8');
});
