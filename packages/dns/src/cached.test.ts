import { expect, test } from 'vitest';
import { createAnswerStore } from './cached/answer-store.ts';
import { createCachedDns } from './cached.ts';
import { dnsContract } from './contract.ts';
import { createMemoryDns } from './memory.ts';
import type { Answer, Dns, RecordType } from './port.ts';

dnsContract('cached', (records) => Promise.resolve({ dns: createCachedDns(createMemoryDns(records), { now: () => 0 }) }));

/** A clock that is moved by hand, in milliseconds. */
function fakeClock() {
  const clock = { ms: 1_000_000, now: () => clock.ms };
  return clock;
}

/** A `Dns` that answers when told. */
function heldDns() {
  const asked: { name: string; signal: AbortSignal | undefined; land: (address: string) => void }[] = [];
  const dns: Dns = {
    lookup: <T extends RecordType>(name: string, type: T, options: { readonly signal?: AbortSignal } = {}) =>
      new Promise<Answer<T>>((resolve) => {
        const land = (address: string): void => resolve(createMemoryDns({ [name]: { A: [address] } }).lookup(name, type));
        asked.push({ name, signal: options.signal, land });
      }),
  };
  return { dns, asked };
}

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an answer is kept for its TTL and reports what is left of it', async () => {
  const clock = fakeClock();
  const inner = createMemoryDns({ 'a.test': { A: ['192.0.2.1'], ttlSeconds: 60 } });
  const dns = createCachedDns(inner, { now: clock.now });
  expect(await dns.lookup('a.test', 'A')).toMatchObject({ ttlSeconds: 60 });
  clock.ms += 59_900;
  expect(await dns.lookup('A.test.', 'A')).toMatchObject({ kind: 'found', records: ['192.0.2.1'], ttlSeconds: 0 });
  expect(inner.queries).toHaveLength(1);
  clock.ms += 100;
  expect(await dns.lookup('a.test', 'A')).toMatchObject({ ttlSeconds: 60 });
  expect(inner.queries).toHaveLength(2);
  expect(dns.stats()).toEqual({ hits: 1, misses: 2, faults: 0 });
});

test('what is kept is no promise', async () => {
  const dns = createCachedDns(createMemoryDns({ 'a.test': { A: ['192.0.2.1'] } }), { now: () => 0 });
  const first = dns.lookup('a.test', 'A');
  expect(first).toBeInstanceOf(Promise);
  await first;
  expect(dns.lookup('a.test', 'A')).toMatchObject({ kind: 'found', records: ['192.0.2.1'] });
});

test.each([
  ['found', { A: ['192.0.2.1'], ttlSeconds: 1_000_000 }, 86_400],
  ['nodata', { ttlSeconds: 1_000_000 }, 900],
  ['nothing with TTL 0', { A: ['192.0.2.1'], ttlSeconds: 0 }, 0],
  ['a fault', 'servfail' as const, 0],
])('%s is kept at most so long', async (_what, entry, seconds) => {
  const clock = fakeClock();
  const inner = createMemoryDns({ 'a.test': entry });
  const dns = createCachedDns(inner, { now: clock.now });
  await dns.lookup('a.test', 'A');
  clock.ms += seconds * 1000 - 1;
  await dns.lookup('a.test', 'A');
  expect(inner.queries).toHaveLength(seconds === 0 ? 2 : 1);
  clock.ms += 1;
  await dns.lookup('a.test', 'A');
  expect(inner.queries).toHaveLength(seconds === 0 ? 3 : 2);
});

test('a clock that is set back does not prolong an answer', async () => {
  const clock = fakeClock();
  const dns = createCachedDns(createMemoryDns({ 'a.test': { A: ['192.0.2.1'], ttlSeconds: 60 } }), { now: clock.now });
  await dns.lookup('a.test', 'A');
  clock.ms -= 500_000;
  expect(await dns.lookup('a.test', 'A')).toMatchObject({ ttlSeconds: 60 });
});

test('a fault may be kept shortly', async () => {
  const clock = fakeClock();
  const inner = createMemoryDns({ 'a.test': 'timeout' });
  const dns = createCachedDns(inner, { now: clock.now, faultTtlSeconds: 1 });
  await dns.lookup('a.test', 'A');
  expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'fault', fault: 'timeout' });
  clock.ms += 1000;
  await dns.lookup('a.test', 'A');
  expect(inner.queries).toHaveLength(2);
  expect(dns.stats()).toEqual({ hits: 1, misses: 2, faults: 2 });
});

test('identical questions under way are asked once', async () => {
  const { dns: inner, asked } = heldDns();
  const dns = createCachedDns(inner, { now: () => 0 });
  const answers = Promise.all([dns.lookup('a.test', 'A'), dns.lookup('A.TEST', 'A'), dns.lookup('a.test.', 'A')]);
  await flush();
  expect(asked).toHaveLength(1);
  asked[0]?.land('192.0.2.9');
  expect((await answers).map((answer) => answer.kind)).toEqual(['found', 'found', 'found']);
  expect(dns.stats()).toEqual({ hits: 2, misses: 1, faults: 0 });
});

test("one caller's abort does not touch the others", async () => {
  const { dns: inner, asked } = heldDns();
  const dns = createCachedDns(inner, { now: () => 0 });
  const abort = new AbortController();
  const first = dns.lookup('a.test', 'A', { signal: abort.signal });
  const second = dns.lookup('a.test', 'A');
  await flush();
  abort.abort();
  expect(await first).toMatchObject({ kind: 'fault', fault: 'aborted' });
  expect(asked[0]?.signal?.aborted).toBe(false);
  asked[0]?.land('192.0.2.9');
  expect(await second).toMatchObject({ kind: 'found' });
});

test('when every caller has given up, the question ends and the next one starts afresh', async () => {
  const { dns: inner, asked } = heldDns();
  const dns = createCachedDns(inner, { now: () => 0 });
  const abort = new AbortController();
  const first = dns.lookup('a.test', 'A', { signal: abort.signal });
  await flush();
  abort.abort();
  expect(await first).toMatchObject({ fault: 'aborted' });
  expect(asked[0]?.signal?.aborted).toBe(true);
  const second = dns.lookup('a.test', 'A');
  await flush();
  expect(asked).toHaveLength(2);
  asked[0]?.land('192.0.2.8');
  await flush();
  asked[1]?.land('192.0.2.9');
  expect(await second).toMatchObject({ records: ['192.0.2.9'] });
  expect(await dns.lookup('a.test', 'A')).toMatchObject({ records: ['192.0.2.9'] });
});

test('the least recently used answer goes first', async () => {
  const inner = createMemoryDns(Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { A: ['192.0.2.1'] }])));
  const dns = createCachedDns(inner, { now: () => 0, maxEntries: 2 });
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await dns.lookup(name, 'A');
  expect(inner.queries.map((query) => query.name)).toEqual(['a', 'b', 'c', 'b']);
});

test('large answers are bounded by size, not only by number', () => {
  const store = createAnswerStore(() => 0, 1000, 100_000);
  const big = { kind: 'found', records: ['x'.repeat(20_000)], ttlSeconds: 300, authentic: false } as const;
  for (const name of ['a', 'b', 'c']) store.put(name, 'TXT', big, 300);
  expect(['a', 'b', 'c'].map((name) => store.get(name, 'TXT') !== undefined)).toEqual([false, true, true]);
});

test('an inner Dns that rejects against its promise is a fault', async () => {
  const dns = createCachedDns({ lookup: () => Promise.reject(new Error('bug')) }, { now: () => 0 });
  expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'fault', fault: 'servfail' });
});
