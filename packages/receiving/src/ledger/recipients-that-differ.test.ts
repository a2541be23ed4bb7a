import type { Delivery } from '@vratny/delivery';
import { describe, expect, it } from 'vitest';
import { serve } from '../mx.fixture.ts';
import type { MxServerOptions } from '../mx-session.ts';
import { createScriptedStore, type Say } from '../store.fixture.ts';
import { send } from './sender.fixture.ts';

/** Recipients, what the mailboxes say now, codes of RCPT, code of the reply. */
type Step = readonly [names: string, says: Readonly<Record<string, Say>>, recipients: string, reply: string];

const ROWS: readonly (readonly [name: string, steps: readonly Step[], copies: string])[] = [
  ['both stored', [['alice bob', {}, '250 250', '250']], '1 1 0'],
  ['both refused', [['alice bob', { alice: 'refused', bob: 'refused' }, '250 250', '552']], '0 0 0'],
  [
    'both delayed: the retry is not narrowed',
    [
      ['alice bob', { alice: 'delayed', bob: 'delayed' }, '250 250', '451'],
      ['alice bob', {}, '250 250', '250'],
    ],
    '1 1 0',
  ],
  [
    'one refused: told so alone',
    [
      ['alice bob', { bob: 'refused' }, '250 250', '451'],
      ['alice bob', {}, '250 452', '250'],
      ['bob', { bob: 'refused' }, '250', '552'],
      ['alice bob', {}, '250 250', '250'],
    ],
    '2 1 0',
  ],
  [
    'one refused: told so before the other comes back',
    [
      ['alice bob', { bob: 'refused' }, '250 250', '451'],
      ['bob alice', { bob: 'refused' }, '250 452', '552'],
      ['alice', {}, '250', '250'],
    ],
    '1 0 0',
  ],
  [
    'one delayed, then stored',
    [
      ['alice bob', { bob: 'delayed' }, '250 250', '451'],
      ['bob alice', {}, '250 452', '250'],
      ['alice bob', {}, '250 250', '250'],
    ],
    '1 2 0',
  ],
  [
    'acknowledging one does not forget another',
    [
      ['alice bob carol', { bob: 'delayed' }, '250 250 250', '451'],
      ['alice', {}, '250', '250'],
      ['bob', { bob: 'delayed' }, '250', '451'],
      ['carol bob', {}, '250 452', '250'],
      ['bob', {}, '250', '250'],
    ],
    '1 1 1',
  ],
  [
    'refused and delayed, nobody has it',
    [
      ['alice bob', { alice: 'refused', bob: 'delayed' }, '250 250', '451'],
      ['alice bob', { alice: 'refused' }, '250 452', '552'],
      ['bob', {}, '250', '250'],
    ],
    '0 1 0',
  ],
  [
    'it differs once more: the mark stays',
    [
      ['alice bob', { bob: 'delayed' }, '250 250', '451'],
      ['bob', { bob: 'delayed' }, '250', '451'],
      ['alice bob', {}, '250 452', '250'],
    ],
    '1 0 0',
  ],
  ['the same recipient twice is never narrowed', [['alice alice', {}, '250 250', '250']], '1 0 0'],
  ['an alias has one fate: one target full makes it so', [['team', { bob: 'refused' }, '250', '552']], '1 0 0'],
  [
    'an alias has one fate: it waits for the last target',
    [
      ['team', { bob: 'delayed' }, '250', '451'],
      ['team', {}, '250', '250'],
    ],
    '1 1 0',
  ],
];

describe('recipients that end differently', () => {
  it.each(ROWS)('%s', async (_name, steps, copies) => {
    const store = createScriptedStore();
    const used: string[] = [];
    const usage = { addUsage: async (address: string) => void used.push(address), setUsage: async () => undefined };
    const served = await serve({ delivery: store, usage });
    await served.register.addAlias('team@example.test', ['alice@example.test', 'bob@example.test'], 'test');
    for (const [names, says, recipients, code] of steps) {
      for (const [name, say] of Object.entries(says)) store.script(`${name}@example.test`, say);
      const client = await served.ready();
      const sent = await send(client, names);
      await client.ask('QUIT');
      expect([sent.recipients, sent.reply.slice(0, 3)]).toEqual([recipients, code]);
    }
    const counted = ['alice', 'bob', 'carol'].map((name) => store.copies(`${name}@example.test`));
    expect(counted.join(' ')).toBe(copies);
    // What is stored is counted once, and what was there already is not counted again.
    expect(used).toHaveLength(counted.reduce((sum, one) => sum + one, 0));
  });

  it('says 452 4.5.3 and why, and writes the same down', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'refused');
    const served = await serve({ delivery: store });
    const client = await served.ready();
    expect((await send(client, 'alice bob')).reply).toMatch(/^451 4\.3\.0 .* https:\/\/panel\.example\/r\/\w{33}$/u);
    await client.ask('MAIL FROM:<a@sender.test>');
    await client.ask('RCPT TO:<alice@example.test>');
    const reply = await client.ask('RCPT TO:<bob@example.test>');
    expect(reply).toMatch(/^452 4\.5\.3 one recipient at a time please/u);
    const decided = served.journal.events.filter((event) => event.kind === 'decision').at(-1);
    expect(reply.startsWith(`${decided?.reply} https://`)).toBe(true);
    // Who is not there is told so at once.
    expect(await client.ask('RCPT TO:<dora@example.test>')).toMatch(/^550 5\.1\.1 /u);
    // Another sender is none of that.
    await client.ask('RSET');
    await client.ask('MAIL FROM:<b@sender.test>');
    expect(await client.askAll('RCPT TO:<alice@example.test>', 'RCPT TO:<bob@example.test>')).toEqual([
      expect.stringMatching(/^250 /u),
      expect.stringMatching(/^250 /u),
    ]);
  });

  it('tells the journal who had it already', async () => {
    const store = createScriptedStore();
    store.script('bob@example.test', 'delayed');
    const served = await serve({ delivery: store });
    const client = await served.ready();
    await send(client, 'alice bob');
    await send(client, 'alice');
    expect(served.journal.events.filter((event) => event.kind === 'delivery')).toMatchObject([
      { stored: ['alice@example.test'], failed: [{ mailbox: 'bob@example.test' }] },
      { stored: [], already: ['alice@example.test'], failed: [], reply: expect.stringMatching(/^250 /u) },
    ]);
    expect(store.requests).toHaveLength(1);
  });

  it('an alias is served for the targets that are there: not for those switched off, nor for those that the store does not know', async () => {
    const store = createScriptedStore();
    const mailbox = (name: string, enabled = true) => ({ address: `${name}@example.test`, usedBytes: 0, antispam: false, enabled });
    const mailboxes = [mailbox('alice'), mailbox('bob', false), mailbox('carol')];
    const directory = {
      findDestination: async () => ({ kind: 'mailboxes' as const, domain: { name: 'example.test', letter: 'd' as const }, mailboxes }),
    };
    const admits: Delivery['admits'] = async ({ address }) => ({ kind: address.startsWith('carol') ? 'unknown' : 'room' });
    const served = await serve({ delivery: { ...store, admits }, ports: { directory } as unknown as Partial<MxServerOptions['ports']> });
    const client = await served.ready();
    expect((await send(client, 'team')).reply).toMatch(/^250 /u);
    expect(['alice', 'bob', 'carol'].map((name) => store.copies(`${name}@example.test`))).toEqual([1, 0, 0]);
    expect(served.journal.events.filter((event) => event.kind === 'fault')).toMatchObject([
      {
        where: 'room',
        detail: 'team@example.test leads to carol@example.test, which the store does not know; its other targets are served',
      },
    ]);
  });
});
