import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Contact } from '../port.ts';
import { after, HOUR_MS, MINUTE_MS, type OpenState, R1, START, withState } from './opened.ts';

/** Pauses between contacts: around five minutes and 24 hours to the millisecond, and anything between. */
const pause = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, R1.delayMs, R1.windowMs, R1.delayMs + R1.windowMs), fc.integer({ min: -1, max: 1 }))
    .map(([at, by]) => Math.max(0, at + by)),
  fc.integer({ min: 0, max: 6 * MINUTE_MS }),
  fc.integer({ min: 0, max: 26 * HOUR_MS }),
);
const contacts = fc.array(fc.record({ pauseMs: pause, accepted: fc.boolean() }), { minLength: 1, maxLength: 12 });

/** R1 once more, told in the plainest way: what a contact must come to, from all the contacts before it. */
function createOracle(): (atMs: number, accepted: boolean) => Contact {
  let firstMs: number | undefined;
  let endMs = 0;
  return (atMs, accepted) => {
    if (firstMs === undefined || atMs > endMs) {
      firstMs = atMs;
      endMs = atMs + R1.delayMs + R1.windowMs;
      return { kind: 'first', retryAfterMs: R1.delayMs };
    }
    const waited = atMs - firstMs;
    if (waited < R1.delayMs) return { kind: 'early', retryAfterMs: R1.delayMs - waited };
    if (accepted) endMs = atMs + R1.windowMs;
    return { kind: 'passed', retryAfterMs: 0 };
  };
}

/** Greylisting over all orders of contacts, and with many at the same time. */
export function describeOrders(open: OpenState, runs: number): void {
  describe('contacts', () => {
    test('in every order around 5 minutes and 24 hours', async () => {
      await fc.assert(
        fc.asyncProperty(contacts, (series) =>
          withState(open, async (turn) => {
            const oracle = createOracle();
            let atMs = 0;
            for (const { pauseMs, accepted } of series) {
              atMs += pauseMs;
              const contact = await turn().greylist.firstSeen('a', after(atMs), R1);
              expect(contact).toEqual(oracle(atMs, accepted));
              if (accepted && contact.kind === 'passed') await turn().greylist.extend('a', after(atMs), R1);
            }
          }),
        ),
        { numRuns: runs },
      );
    });

    test('ten thousand at once give one first', () =>
      withState(open, async (turn) => {
        const all = await Promise.all(Array.from({ length: 10_000 }, () => turn().greylist.firstSeen('a', START, R1)));
        expect(all.filter(({ kind }) => kind === 'first')).toHaveLength(1);
        expect(all.filter(({ kind }) => kind === 'early')).toHaveLength(9_999);
      }));
  });
}
