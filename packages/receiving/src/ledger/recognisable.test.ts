import { until } from '@vratny/server/testing';
import { createMemoryState } from '@vratny/state/memory';
import { describe, expect, it } from 'vitest';
import { createScriptedStore } from '../store.fixture.ts';
import { dyingState, host } from './host.fixture.ts';
import { codeOfSending, pipelined, send } from './sender.fixture.ts';

const DATE = 'Date: Mon, 4 May 2026 03:02:01 +0000\r\n';
const ID = 'Message-ID: <1@sender.test>\r\n';

/** Headers by which an equal message is not known to be a retry. */
const NEW: readonly (readonly [name: string, header: string])[] = [
  ['neither Date nor Message-ID', ''],
  ['no Date', ID],
  ['no Message-ID', DATE],
  ['an empty Message-ID', `${DATE}Message-ID: \r\n`],
  ['an empty Date', `Date:\r\n${ID}`],
  ['a Message-ID without a name', `${DATE}Message-ID: <>\r\n`],
  ['a Message-ID without a domain', `${DATE}Message-ID: <1>\r\n`],
  ['a Message-ID without brackets', `${DATE}Message-ID: 1@sender.test\r\n`],
  ['two Message-IDs', `${DATE}${ID}${ID}`],
  ['two Dates', `${DATE}${DATE}${ID}`],
  ['a Date that is none', `Date: today\r\n${ID}`],
  ['a Date of a clock that was never set', `Date: Thu, 01 Jan 1970 00:00:11 +0000\r\n${ID}`],
  ['a Date of a clock that began at 2000', `Date: Sat, 1 Jan 2000 00:01:02 GMT\r\n${ID}`],
  ['both in the body alone', `Subject: x\r\n\r\n${DATE}${ID}`],
];

/** Headers by which it is. */
const KNOWN: readonly (readonly [name: string, header: string])[] = [
  ['both', `${DATE}${ID}`],
  ['both in other cases, folded', `DATE:\r\n Mon, 4 May 2026 03:02:01 +0200 (CEST)\r\nmessage-id:\r\n\t<1.2@[192.0.2.1]>\r\n`],
  ['a Date without a day of the week', `Date: 4 May 2026 03:02:01 GMT\r\n${ID}`],
];

const messageOf = (header: string) => (header.includes('\r\n\r\n') ? header : `${header}Subject: alarm\r\n\r\nx`);

describe('an equal message after a 250', () => {
  const leaves: readonly (readonly [name: string, header: string, how: 'closes' | 'pipelines QUIT'])[] = NEW.flatMap(([name, header]) => [
    [name, header, 'closes'] as const,
    [name, header, 'pipelines QUIT'] as const,
  ]);
  it.each(leaves)('with %s is new, whatever its client did (%s, %s)', async (_name, header, how) => {
    const one = await host();
    for (let i = 0; i < 3; i += 1) {
      const client = await one.ready();
      if (how === 'closes') expect(await codeOfSending(client, 'alice', { message: messageOf(header) })).toBe('250');
      else {
        client.say(...pipelined('alice', messageOf(header)), 'QUIT');
        expect(await client.rest()).toMatch(/^250 2\.0\.0 stored as /mu);
      }
      client.socket.destroy();
    }
    await until('all have left', () => one.server.clients.total === 0);
    expect(one.copies()).toBe(3);
  });

  it.each(KNOWN)('with %s is a retry when nobody is seen to have read the 250', async (_name, header) => {
    const one = await host();
    for (let i = 0; i < 3; i += 1) {
      const client = await one.ready();
      expect(await codeOfSending(client, 'alice', { message: messageOf(header) })).toBe('250');
      client.socket.destroy();
    }
    expect(one.copies()).toBe(1);
  });

  it('is new on another host too', async () => {
    const state = createMemoryState();
    const store = createScriptedStore();
    for (let i = 0; i < 3; i += 1) {
      const one = await host({ ledger: state.ledger, lease: state.lease }, store);
      expect(await codeOfSending(await one.ready(), 'alice', { message: messageOf('') })).toBe('250');
    }
    expect(store.copies('alice@example.test')).toBe(3);
  });
});

describe('such a message before its 250', () => {
  it('makes no second copy where it ended differently, and is new after the 250', async () => {
    const one = await host();
    one.store.script('bob@example.test', 'delayed');
    const message = messageOf('');
    expect((await send(await one.ready(), 'alice bob', { message })).reply.slice(0, 3)).toBe('451');
    // Its retry comes for one recipient at a time.
    expect(await codeOfSending(await one.ready(), 'alice', { message })).toBe('250');
    expect(await codeOfSending(await one.ready(), 'bob', { message })).toBe('250');
    expect([one.copies(), one.store.copies('bob@example.test')]).toEqual([1, 1]);
    expect(await codeOfSending(await one.ready(), 'alice', { message })).toBe('250');
    expect(await codeOfSending(await one.ready(), 'bob', { message })).toBe('250');
    expect([one.copies(), one.store.copies('bob@example.test')]).toEqual([2, 2]);
  });

  it('makes no second copy of what a store that looks has after a lost answer', async () => {
    const one = await host();
    one.store.script('alice@example.test', 'uncertain-stored');
    const message = messageOf('');
    expect(await codeOfSending(await one.ready(), 'alice', { message })).toBe('451');
    expect(await codeOfSending(await one.ready(), 'alice', { message })).toBe('250');
    expect(one.copies()).toBe(1);
    expect(await codeOfSending(await one.ready(), 'alice', { message })).toBe('250');
    expect(one.copies()).toBe(2);
  });

  it('is not kept out by what state remembers from before it was away', async () => {
    const state = dyingState();
    const one = await host(state.parts);
    one.store.script('bob@example.test', 'delayed');
    const message = messageOf('');
    await send(await one.ready(), 'alice bob', { message });
    state.die();
    expect((await send(await one.ready(), 'alice', { message })).reply.slice(0, 3)).toBe('250');
    state.revive();
    expect(one.copies()).toBe(2);
  });
});
