import { gate } from '@vratny/server/testing';
import { describe, expect, it } from 'vitest';
import { host } from './host.fixture.ts';
import { codeOfSending, pipelined, send } from './sender.fixture.ts';

/**
 * Sends to the first names on one connection, and while the store holds that, to the second names on another; resolves
 * with both replies.
 */
async function sendAtOnce(first: string, second: string, waits: { readonly busyWaitMs: number; readonly together: boolean }) {
  const one = await host({ busyWaitMs: waits.busyWaitMs });
  const [earlier, later] = [await one.ready(), await one.ready()];
  const [started, go, looked] = [gate(), gate(), gate()];
  const { begin } = one.options.lease;
  let begun = 0;
  one.options.lease.begin = (...args) => {
    begun += 1;
    if (begun === 3) looked.open();
    return begin(...args);
  };
  one.store.beforeStoring = () => {
    started.open();
    return go.opened;
  };
  earlier.say(...pipelined(first));
  await started.opened;
  const sending = send(later, second);
  if (waits.together) await looked.opened;
  else await sending;
  one.store.beforeStoring = () => Promise.resolve();
  go.open();
  let reply = '';
  while (!/^(?:250 2\.0\.0|4)/u.test(reply)) reply = await earlier.reply();
  const codes = [reply, (await sending).reply].map((text) => text.slice(0, 3));
  return { one, earlier, later, codes };
}

describe('a list of recipients that its sender splits', () => {
  it('is delivered, half after half, though both come at once', async () => {
    const { one, codes } = await sendAtOnce('alice', 'bob carol', { busyWaitMs: 10_000, together: true });
    expect(codes).toEqual(['250', '250']);
    expect(['alice', 'bob', 'carol'].map((name) => one.store.copies(`${name}@example.test`))).toEqual([1, 1, 1]);
  });

  it('is delayed when the first half takes too long', async () => {
    const { one, later, codes } = await sendAtOnce('alice', 'bob', { busyWaitMs: 20, together: false });
    expect(codes).toEqual(['250', '451']);
    expect(await codeOfSending(later, 'bob')).toBe('250');
    expect(one.store.copies('bob@example.test')).toBe(1);
  });

  it('that is no list but an equal message, or a retry, stays delayed: nobody can tell which', async () => {
    const { one, earlier, later, codes } = await sendAtOnce('alice', 'alice bob', { busyWaitMs: 10_000, together: true });
    expect(codes).toEqual(['250', '451']);
    await earlier.ask('QUIT');
    expect(await codeOfSending(later, 'alice bob')).toBe('250');
    expect([one.copies(), one.store.copies('bob@example.test')]).toEqual([2, 1]);
  });
});
