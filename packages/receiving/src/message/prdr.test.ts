import { ENVELOPE } from '@vratny/server/testing';
import { describe, expect, it } from 'vitest';
import { codeOfSending, send } from '../ledger/sender.fixture.ts';
import { serve } from '../mx.fixture.ts';
import { createScriptedStore, type Say } from '../store.fixture.ts';

const PRDR = ' PRDR';
/** Recipients, what the mailboxes say, and the codes after the final dot. */
type Row = readonly [names: string, says: Readonly<Record<string, Say>>, codes: string];

const ROWS: readonly Row[] = [
  ['alice', {}, '250'],
  ['alice', { alice: 'refused' }, '552'],
  ['alice bob', {}, '250'],
  ['alice bob', { alice: 'refused', bob: 'refused' }, '552'],
  ['alice bob', { alice: 'delayed', bob: 'delayed' }, '451'],
  ['alice bob', { bob: 'refused' }, '353 250 552 250'],
  ['bob alice', { bob: 'refused' }, '353 552 250 250'],
  ['alice bob carol', { alice: 'delayed', bob: 'refused' }, '353 451 552 250 250'],
  ['alice bob', { alice: 'refused', bob: 'delayed' }, '353 552 451 451'],
  // One reply for each RCPT that was accepted, whoever it named; none for those that were refused there.
  ['alice bob alice', { bob: 'refused' }, '353 250 552 250 250'],
  ['alice dora bob', { bob: 'refused' }, '353 250 552 250'],
  ['team bob', { bob: 'refused' }, '552'],
  ['alice team', { bob: 'delayed' }, '353 250 451 250'],
];

describe('PRDR', () => {
  it('answers each recipient of a message that came with BDAT', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'refused');
    const client = await (await serve({ delivery: store })).ready();
    await client.askAll(`${ENVELOPE[0]} PRDR`, ENVELOPE[1], 'RCPT TO:<bob@example.test>');
    client.write('BDAT 14\r\nSubject: x\r\n\r\nBDAT 3 LAST\r\nx\r\n');
    const replies: string[] = [];
    for (let i = 0; i < 5; i += 1) replies.push((await client.reply()).slice(0, 3));
    expect(replies).toEqual(['250', '353', '250', '552', '250']);
  });

  it.each(ROWS)('%s, %j: %s', async (names, says, codes) => {
    const store = createScriptedStore();
    for (const [name, say] of Object.entries(says)) store.script(`${name}@example.test`, say);
    const served = await serve({ delivery: store });
    await served.register.addAlias('team@example.test', ['alice@example.test', 'bob@example.test'], 'test');
    const client = await served.ready();
    const { reply } = await send(client, names, { parameters: PRDR, replies: codes.split(' ').length });
    expect(reply.replaceAll(/^(\d{3}).*$/gmu, '$1').replaceAll('\n', ' ')).toBe(codes);
    // Nothing more is said, and the session goes on.
    expect(await client.ask('NOOP')).toMatch(/^250 2\.0\.0 still here/u);
  });

  it('is offered, has its replies in enhanced codes, and a receipt with each objection', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'refused');
    const client = await (await serve({ delivery: store })).client();
    expect(await client.ask('EHLO client.test')).toMatch(/^250-PRDR$/mu);
    const { reply } = await send(client, 'alice bob', { parameters: PRDR, replies: 4 });
    expect(reply.split('\n')).toEqual([
      expect.stringMatching(/^353 the recipients end differently/u),
      expect.stringMatching(/^250 2\.0\.0 stored as \w{33}$/u),
      expect.stringMatching(/^552 5\.2\.2 full https:.*\/r\/\w{33}$/u),
      expect.stringMatching(/^250 2\.0\.0 /u),
    ]);
  });

  it('leaves nothing to narrow, and each recipient is retried for itself', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'delayed');
    const served = await serve({ delivery: store });
    await send(await served.ready(), 'alice bob carol', { parameters: PRDR, replies: 5 });
    const client = await served.ready();
    expect(await send(client, 'bob carol')).toMatchObject({ recipients: '250 250' });
    // Whether the replies were read is not known, so that carol's copy is the one that she has.
    expect(['alice', 'bob', 'carol'].map((name) => store.copies(`${name}@example.test`))).toEqual([1, 1, 1]);
  });

  it('who was told 250 and read it may send again; who was not, may not lose its copy', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'delayed');
    const served = await serve({ delivery: store });
    const client = await served.ready();
    await send(client, 'alice bob', { parameters: PRDR, replies: 4 });
    expect(await codeOfSending(client, 'bob', { parameters: PRDR })).toBe('250');
    expect(await codeOfSending(client, 'alice', { parameters: PRDR })).toBe('250');
    expect(['alice', 'bob'].map((name) => store.copies(`${name}@example.test`))).toEqual([2, 1]);
  });

  it('a mailbox that another recipient still waits with is not forgotten by being acknowledged', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'delayed');
    const served = await serve({ delivery: store });
    await served.register.addAlias('team@example.test', ['alice@example.test', 'bob@example.test'], 'test');
    const client = await served.ready();
    await send(client, 'alice team', { parameters: PRDR, replies: 4 });
    expect(await codeOfSending(client, 'team', { parameters: PRDR })).toBe('250');
    expect(['alice', 'bob'].map((name) => store.copies(`${name}@example.test`))).toEqual([1, 1]);
  });

  it('asks for nothing where a message is refused for all: one reply', async () => {
    const client = await (await serve()).ready();
    expect((await send(client, 'alice bob', { parameters: PRDR, message: 'a \0 NUL' })).reply).toMatch(/^550 5\.6\.0 /u);
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
  });

  it('who asks for PRDR is not narrowed by what happened without it', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'refused', 'refused');
    const served = await serve({ delivery: store });
    await send(await served.ready(), 'alice bob');
    const { recipients, reply } = await send(await served.ready(), 'alice bob', { parameters: PRDR, replies: 4 });
    expect([recipients, reply.replaceAll(/^(\d{3}).*$/gmu, '$1')]).toEqual(['250 250', '353\n250\n552\n250']);
    expect(store.copies('alice@example.test')).toBe(1);
    // The sender knows all now: nobody is narrowed any more.
    expect((await send(await served.ready(), 'alice bob')).recipients).toBe('250 250');
  });
});
