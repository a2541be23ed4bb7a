import { gate, TLS, until } from '@vratny/server/testing';
import { createMemoryState } from '@vratny/state/memory';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { describe, expect, it } from 'vitest';
import { host } from './host.fixture.ts';
import { codeOfSending, pipelined, send } from './sender.fixture.ts';

describe('equal messages sent on purpose arrive as often as they were sent', () => {
  const proofs: readonly (readonly [name: string, prove: (client: SmtpClient) => Promise<unknown>])[] = [
    ['QUIT', (client) => client.ask('QUIT')],
    ['NOOP', (client) => client.ask('NOOP')],
    ['an unknown command', (client) => client.ask('WHAT')],
    [
      'half a command, then the rest',
      async (client) => {
        client.write('NO');
        client.write('OP\r\n');
        await client.reply();
      },
    ],
    ['TLS', (client) => client.startTls()],
  ];
  it.each(proofs)('on two connections, the first of which showed by %s that it read its 250', async (_, prove) => {
    const one = await host({ tls: TLS });
    const client = await one.ready();
    expect(await codeOfSending(client, 'alice')).toBe('250');
    await prove(client);
    // After TLS the next command waits for what the handshake proved.
    if (client.socket.readyState === 'open') await client.ask('EHLO again.test').catch(() => undefined);
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(2);
  });

  it('one after the other in a session, over TLS too', async () => {
    const one = await host({ tls: TLS });
    const client = await one.ready();
    for (let i = 0; i < 3; i += 1) expect(await codeOfSending(client, 'alice')).toBe('250');
    await client.startTls();
    await client.ask('EHLO again.test');
    for (let i = 0; i < 3; i += 1) expect(await codeOfSending(client, 'alice')).toBe('250');
    expect(one.copies()).toBe(6);
  });

  it('a TLS handshake shows that the 250 before it was read, though STARTTLS was pipelined', async () => {
    const one = await host({ tls: TLS });
    const client = await one.ready();
    client.say(...pipelined('alice'), 'STARTTLS');
    for (let reply = ''; !reply.startsWith('250 2.0.0'); ) reply = await client.reply();
    await client.startTls('said');
    await client.ask('EHLO again.test');
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(2);
  });

  it('all in one write', async () => {
    const one = await host();
    const client = await one.ready();
    client.say(...pipelined('alice'), ...pipelined('alice bob'), ...pipelined('alice'), 'QUIT');
    expect(await client.rest()).toMatch(/^221 /mu);
    expect([one.copies(), one.store.copies('bob@example.test')]).toEqual([3, 1]);
  });

  it('message bytes after our 354 show that the 250 before it was read, though the commands were pipelined', async () => {
    const { ledger, lease } = createMemoryState();
    const dropped: string[] = [];
    const drop: typeof ledger.drop = async (key, mailboxes) => {
      dropped.push(...mailboxes);
      await ledger.drop(key, mailboxes);
    };
    const one = await host({ ledger: { ...ledger, drop }, lease });
    const client = await one.ready();
    client.say(...pipelined('alice'), 'MAIL FROM:<b@sender.test>', 'RCPT TO:<bob@example.test>', 'DATA');
    for (let reply = ''; !reply.startsWith('250 2.0.0'); ) reply = await client.reply();
    for (let reply = ''; !reply.startsWith('354'); ) reply = await client.reply();
    client.write('half a message');
    await until('it is forgotten', () => dropped.length > 0);
    client.socket.destroy();
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(2);
  });

  it('at once on two connections: one waits, and is sent again', async () => {
    const one = await host();
    const [first, second] = [await one.ready(), await one.ready()];
    const started = gate();
    const go = gate();
    one.store.beforeStoring = () => {
      started.open();
      return go.opened;
    };
    first.say(...pipelined('alice'));
    await started.opened;
    const busy = await send(second, 'alice');
    expect(busy.reply).toMatch(/^451 4\.3\.0 an earlier attempt at this message is still running/u);
    go.open();
    for (let reply = ''; !reply.startsWith('250 2.0.0'); ) reply = await first.reply();
    await first.ask('QUIT');
    expect(await codeOfSending(second, 'alice')).toBe('250');
    expect(one.copies()).toBe(2);
  });
});
