import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { requestFor } from './contract/harness.ts';
import { describeDelivery } from './contract.ts';
import { createMemoryDelivery, type MemoryDelivery } from './memory.ts';
import type { Copy, Delivery } from './port.ts';
import { createRouted, type RoutedOptions } from './routed.ts';

const copyFor = (address: string, store?: string): Copy => ({
  target: { address, usedBytes: 0, ...(store === undefined ? {} : { store }) },
  stamps: '',
});

/** A site with its own store and whatever is named; `none:` is no URL. */
function planted(options: Partial<RoutedOptions> & { readonly make?: (store: string) => Partial<Delivery> } = {}) {
  const { make = () => ({}), ...others } = options;
  const defaultStore = createMemoryDelivery();
  const opened: string[] = [];
  const closed: string[] = [];
  const memories = new Map<string, MemoryDelivery>();
  const open = (store: string): Delivery => {
    if (store.startsWith('none:')) throw new Error('must be a store');
    const memory = memories.get(store) ?? createMemoryDelivery();
    memories.set(store, memory);
    opened.push(store);
    const close = async () => void closed.push(store);
    return { utf8: true, admits: memory.admits, deliver: memory.deliver, close, ...make(store) };
  };
  const routed = createRouted({ defaultStore, open, utf8: true, ...others });
  const stored = (store: string) => memories.get(store)?.stored.map((message) => message.address) ?? [];
  return { defaultStore, routed, opened, closed, stored };
}
const { signal } = new AbortController();

async function createHarness() {
  const { defaultStore, routed } = planted();
  return {
    delivery: routed,
    stored: async (address: string) => defaultStore.stored.filter((one) => one.address === address).map((one) => one.bytes),
    empty: async (address: string) => defaultStore.empty(address),
    leftovers: async () => [],
    dispose: () => Promise.resolve(),
  };
}
describeDelivery('routed, no store named', createHarness, { countsQuota: true, looksForEarlier: true });

describe('routed', () => {
  test('each copy goes to its store and no other; outcomes keep their order; a bad URL is its own mailbox’s trouble', async () => {
    const { defaultStore, routed, opened, stored } = planted();
    const copies = [copyFor('a@x', 's:1'), copyFor('b@x'), copyFor('c@x', 'none:'), copyFor('d@x', 's:2'), copyFor('e@x', 's:1')];
    const outcomes = await routed.deliver(requestFor({ copies }));
    expect(outcomes.map((one) => one.kind)).toEqual(['stored', 'stored', 'delayed', 'stored', 'stored']);
    expect(outcomes[2]).toEqual({ kind: 'delayed', detail: 'the store none:: must be a store' });
    expect([defaultStore.stored.map((one) => one.address), stored('s:1'), stored('s:2')]).toEqual([['b@x'], ['a@x', 'e@x'], ['d@x']]);
    expect(opened).toEqual(['s:1', 's:2']);
    await routed.close();
  });

  test('questions go to the store of the mailbox', async () => {
    const { routed } = planted({ make: (store) => ({ admits: async () => ({ kind: 'unknown', text: `550 5.1.1 ${store}` }) }) });
    expect(await routed.admits(copyFor('a@x', 's:1').target, 0, signal)).toEqual({ kind: 'unknown', text: '550 5.1.1 s:1' });
    expect(await routed.admits(copyFor('a@x').target, 0, signal)).toEqual({ kind: 'room' });
    expect(await routed.admits(copyFor('a@x', 'none:').target, 0, signal)).toEqual({
      kind: 'fault',
      detail: 'the store none:: must be a store',
    });
    await routed.close();
  });

  test('stores work at the same time, and each asks for confirmation', async () => {
    const both = Promise.withResolvers<void>();
    let started = 0;
    const { routed } = planted({
      make: () => ({
        async deliver({ copies, confirm }) {
          started += 1;
          if (started === 2) both.resolve();
          await both.promise;
          return (await confirm()) ? copies.map(() => ({ kind: 'stored', bytes: 1 })) : [];
        },
      }),
    });
    const confirm = vi.fn(async () => true);
    const outcomes = await routed.deliver(requestFor({ copies: [copyFor('a@x', 's:1'), copyFor('b@x', 's:2')], confirm }));
    expect([outcomes.map((one) => one.kind), confirm.mock.calls.length]).toEqual([['stored', 'stored'], 2]);
    await routed.close();
  });

  test('what a store does not tell is not known; neither is what cannot be asked of a retry', async () => {
    const { routed } = planted({ make: () => ({ deliver: async () => [] }) });
    const copies = [copyFor('a@x', 's:1'), copyFor('b@x', 'none:')];
    expect(await routed.deliver(requestFor({ copies, resumed: true }))).toMatchObject([{ uncertain: true }, { uncertain: true }]);
    await routed.close();
  });

  test.each<[boolean, boolean, boolean, boolean]>([
    [true, true, true, true],
    [false, true, false, false],
    [true, false, true, false],
  ])('SMTPUTF8: known at start %s, the store %s: offered %s, then %s', async (known, ofStore, before, after) => {
    const { routed } = planted({ utf8: known, make: () => ({ utf8: ofStore }) });
    expect(routed.utf8).toBe(before);
    await routed.deliver(requestFor({ copies: [copyFor('a@x', 's:1')] }));
    expect(routed.utf8).toBe(after);
    await routed.close();
  });
});

describe('open stores', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const ask = (routed: Delivery, store: string) => routed.admits(copyFor('a@x', store).target, 0, signal);

  test('one that is not used for long is closed, and opened again', async () => {
    const { routed, opened, closed } = planted({ idleMs: 1_000 });
    await ask(routed, 's:1');
    await vi.advanceTimersByTimeAsync(999);
    await ask(routed, 's:1');
    await vi.advanceTimersByTimeAsync(999);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual(['s:1']);
    await ask(routed, 's:1');
    expect(opened).toEqual(['s:1', 's:1']);
    await routed.close();
    expect([closed, vi.getTimerCount()]).toEqual([['s:1', 's:1'], 0]);
  });

  test('no more than the bound: the one used longest ago gives way, one in use never', async () => {
    const answer = Promise.withResolvers<void>();
    const { routed, closed } = planted({
      storesMax: 2,
      make: (store) => ({
        async admits() {
          if (store.startsWith('slow')) await answer.promise;
          return { kind: 'room' };
        },
      }),
    });
    const slow = ask(routed, 'slow:1');
    await ask(routed, 's:1');
    await ask(routed, 's:2');
    expect(closed).toEqual(['s:1']);
    expect((await ask(routed, 'none:')).kind).toBe('fault');
    const slower = ask(routed, 'slow:2');
    expect(await ask(routed, 's:3')).toEqual({ kind: 'fault', detail: 'the store s:3: 2 other stores are in use' });
    answer.resolve();
    expect(await Promise.all([slow, slower])).toEqual([{ kind: 'room' }, { kind: 'room' }]);
    expect(closed).toEqual(['s:1', 's:2']);
    await routed.close();
    expect(await ask(routed, 's:1')).toEqual({ kind: 'fault', detail: 'the store s:1: closed' });
  });
});
