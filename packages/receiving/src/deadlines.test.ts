import type { DeliveryRequest } from '@vratny/delivery';
import { createMemoryDelivery } from '@vratny/delivery/memory';
import { AFTER_DOT_MS } from '@vratny/server';
import { ENVELOPE, gate, until } from '@vratny/server/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DELIVERY_GRACE_MS, USAGE_MS } from './limits.ts';
import { serve } from './mx.fixture.ts';
import { createScriptedStore } from './store.fixture.ts';

/** Only our own timers are moved: sockets and the test's own deadlines live in real time. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('deadlines', () => {
  it.each(['does not end', 'ends with its signal'])('answers 451 when a store %s in time', async (how) => {
    const started = gate();
    const delivery = {
      ...createMemoryDelivery(),
      deliver: ({ signal }: Pick<DeliveryRequest, 'signal'>) => {
        started.open();
        return new Promise<never[]>((resolve) => {
          if (how === 'ends with its signal') signal.addEventListener('abort', () => resolve([]), { once: true });
        });
      },
    };
    const served = await serve({ delivery });
    const client = await served.ready();
    await client.askAll(...ENVELOPE, 'DATA');
    client.say('x', '.');
    await started.opened;
    await vi.advanceTimersByTimeAsync(AFTER_DOT_MS + (how === 'does not end' ? DELIVERY_GRACE_MS : 0));
    expect(await client.reply()).toMatch(/^451 4\.3\.0 /u);
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
    expect(served.inFlight.takenBytes).toBe(0);
  });

  it('a store that answers when it was given up: until then nobody else tries, and then the ledger knows', async () => {
    const answered = gate();
    const started = gate();
    const store = createScriptedStore();
    store.afterStoring = () => {
      started.open();
      return answered.opened;
    };
    const used: string[] = [];
    const usage = { addUsage: async (address: string) => void used.push(address), setUsage: async () => undefined };
    const client = await (await serve({ delivery: store, usage })).ready();
    const send = async () => {
      await client.askAll(...ENVELOPE, 'DATA');
      client.say('x', '.');
    };
    await send();
    await started.opened;
    await vi.advanceTimersByTimeAsync(AFTER_DOT_MS + DELIVERY_GRACE_MS);
    expect(await client.reply()).toMatch(/^451 4\.3\.0 the mailbox store/u);
    await send();
    expect(await client.reply()).toMatch(/^451 4\.3\.0 an earlier attempt/u);
    answered.open();
    await until('it is counted', () => used.length === 1);
    await send();
    expect(await client.reply()).toMatch(/^250 /u);
    expect([store.copies('alice@example.test'), store.requests.length]).toEqual([1, 1]);
  });

  it('does not wait for a register that does not answer', async () => {
    const asked = gate();
    const never = () => {
      asked.open();
      return new Promise<void>(() => undefined);
    };
    const client = await (await serve({ usage: { addUsage: never, setUsage: never } })).ready();
    await client.askAll(...ENVELOPE, 'DATA');
    client.say('x', '.');
    await asked.opened;
    await vi.advanceTimersByTimeAsync(USAGE_MS);
    expect(await client.reply()).toMatch(/^250 /u);
  });
});
