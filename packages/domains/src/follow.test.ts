import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Followed, follow } from './follow.ts';
import type { Look } from './look.ts';
import { lasting, lookOf, mx, NO_MX, RIGHT, START, silent, wanted } from './looks.fixture.ts';

const minutes = (count: number) => new Date(START.getTime() + count * 60_000);
const OLD = mx('10 c10', '20 c20');
const look = (atMinutes: number, written: Parameters<typeof lookOf>[0] = {}) => lookOf({ ...written, at: minutes(atMinutes) });

/** What is known after each of the looks. */
function followAll(looks: readonly Look[], letter = wanted()): readonly Followed[] {
  let known: Followed | undefined;
  return looks.map((one) => {
    known = follow(known, letter, one);
    return known;
  });
}

const statesOf = (known: readonly Followed[]) => known.map(({ state }) => state);
const isBehind = { servers: [OLD, OLD], resolvers: [OLD, OLD] };

describe('an alarm', () => {
  test('needs two looks, and keeps since when', () => {
    const known = followAll([look(0, isBehind), look(1, isBehind), look(2, isBehind)]);
    expect(known.map(({ alarm }) => alarm)).toEqual([false, true, true]);
    expect(known.map(({ since }) => since)).toEqual([START, START, START]);
  });

  test('one look that differs changes nothing, and the second does', () => {
    const known = followAll([look(0), look(1), look(2, isBehind), look(3), look(4, isBehind), look(5, isBehind), look(6)]);
    expect(statesOf(known)).toEqual(['right', 'right', 'right', 'right', 'right', 'wrong', 'wrong']);
    expect(known.map(({ alarm }) => alarm)).toEqual([false, false, false, false, false, true, true]);
    expect(known[5]?.since).toEqual(minutes(4));
  });

  test.each([
    ['a lost answer', { servers: [silent('timeout'), silent('timeout')] }],
    ['resolvers that do not answer', { resolvers: [silent('timeout'), silent('timeout')] }],
    ['a resolver with SERVFAIL', { resolvers: [silent('servfail'), RIGHT] }],
    ['an old cache', { resolvers: [OLD, OLD] }],
    ['a negative cache', { resolvers: [NO_MX, RIGHT] }],
  ])('does not come from %s, however often', (_what, written) => {
    const known = followAll([look(0), ...Array.from({ length: 20 }, (_, index) => look(index + 1, written))]);
    expect(new Set(statesOf(known))).toEqual(new Set(['right']));
    expect(known.some(({ alarm }) => alarm)).toBe(false);
  });

  test('silence for longer than a day is told', () => {
    const nobody = { servers: [silent('timeout'), silent('timeout')], resolvers: [silent('timeout')] };
    const known = followAll([look(0), ...Array.from({ length: 30 }, (_, hour) => look(60 * (hour + 1), nobody))]);
    expect(known.at(-1)).toMatchObject({ state: 'unknown', alarm: false });
  });
});

describe('caches', () => {
  test('spreading lasts until the last old answer has run out, whatever was seen of it', () => {
    const known = followAll([look(0, isBehind), look(1), look(2), look(59), look(61), look(62)]);
    // The name servers had the old records with a TTL of an hour until the second look.
    expect(statesOf(known)).toEqual(['wrong', 'wrong', 'spreading', 'spreading', 'spreading', 'right']);
    expect(known[2]?.until).toEqual(minutes(61));
  });

  test('another letter begins anew, and the old one is in caches', () => {
    const before = followAll([look(0), look(1)]).at(-1);
    const toB = wanted('b');
    const changed = mx('10 b10', '20 c20');
    const first = follow(before, toB, look(2));
    expect(first).toMatchObject({ state: 'wrong', alarm: false, since: minutes(2) });
    const second = follow(first, toB, look(3, { servers: [changed, changed], resolvers: [RIGHT, changed] }));
    const third = follow(second, toB, look(4, { servers: [changed, changed], resolvers: [changed, changed] }));
    expect(third).toMatchObject({ state: 'spreading', alarm: false, since: minutes(3), until: minutes(63) });
  });

  test('a resolver with a view of its own is told after a day, not before', () => {
    const own = lasting(mx('10 intern.firma.cz'), 300);
    const known = followAll(Array.from({ length: 40 }, (_, hour) => look(60 * hour, { resolvers: [RIGHT, own] })));
    expect(statesOf(known).slice(0, 26)).toEqual(Array.from({ length: 26 }, () => 'spreading'));
    expect(known.at(-1)).toMatchObject({
      state: 'partly',
      alarm: true,
      sentence: expect.stringContaining('9.9.9.2 has answered otherwise for longer than a cache may'),
    });
  });

  test('a resolver that answers rightly in between has no view of its own', () => {
    const old = lasting(OLD, 300);
    const known = followAll(
      Array.from({ length: 1000 }, (_, index) => look(2 * index, { resolvers: index % 2 === 0 ? [old, RIGHT] : [RIGHT, old] })),
    );
    expect(new Set(statesOf(known))).toEqual(new Set(['spreading']));
  });

  test('a stale name server that falls silent stays stale', () => {
    const known = followAll([
      look(0, { servers: [RIGHT, OLD] }),
      look(1, { servers: [RIGHT, OLD] }),
      look(2, { servers: [RIGHT, silent('timeout')] }),
      look(3, { servers: [RIGHT, silent('timeout')] }),
    ]);
    expect(statesOf(known)).toEqual(['partly', 'partly', 'partly', 'partly']);
    expect(known[3]?.evidence[1]?.says).toContain('(earlier; now no answer)');
  });

  test('1,000 looks through alternating caches: never a step back, never an alarm', () => {
    fc.assert(
      fc.property(
        fc.record({
          ttlSeconds: fc.integer({ min: 1, max: 200_000 }),
          everySeconds: fc.integer({ min: 10, max: 3600 }),
          // Each look meets one of the resolver's caches; a cache was filled with the old records some time before the change, or with the new ones.
          caches: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }),
          picks: fc.array(fc.nat(5), { minLength: 40, maxLength: 40 }),
          seenBefore: fc.boolean(),
          negative: fc.boolean(),
        }),
        ({ ttlSeconds, everySeconds, caches, picks, seenBefore, negative }) => {
          const old = negative ? NO_MX : OLD;
          const cacheSays = (index: number, seconds: number) => {
            const left = Math.floor((caches[index % caches.length] ?? 0) * ttlSeconds) - seconds;
            return left > 0 ? lasting(old, left) : RIGHT;
          };
          let known: Followed | undefined;
          if (seenBefore) {
            const before = { servers: [lasting(old, ttlSeconds), lasting(old, ttlSeconds)], resolvers: [old, old] };
            known = follow(undefined, wanted(), lookOf({ ...before, at: START }));
          }
          const states: string[] = [];
          for (let round = 0; round < 1000; round += 1) {
            const seconds = round * everySeconds;
            const resolvers = [0, 1].map((nth) => cacheSays(picks[(round + 7 * nth) % picks.length] ?? 0, seconds));
            known = follow(known, wanted(), lookOf({ resolvers, at: new Date(START.getTime() + 1000 * seconds) }));
            expect(known.alarm).toBe(false);
            if (states.at(-1) !== known.state) states.push(known.state);
          }
          const order = ['wrong', 'spreading', 'right'];
          expect(states).toEqual(order.filter((state) => states.includes(state)));
        },
      ),
      { numRuns: 10 },
    );
  });
});
