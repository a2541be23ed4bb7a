import { describe, expect, test } from 'vitest';
import { after, type OpenState, START, withState } from './opened.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';

/** The lease, and what it does with the ledger. */
export function describeLeases(open: OpenState): void {
  describe('lease', () => {
    test('one owner at a time, until its end or its release', () =>
      withState(open, async (turn) => {
        expect(await turn().lease.take('m', 'one', START, 100)).toBe(true);
        expect(await turn().lease.take('m', 'two', after(100), 100)).toBe(false);
        expect(await turn().lease.take('n', 'two', START, 100)).toBe(true);
        expect(await turn().lease.take('m', 'two', after(101), 100)).toBe(true);
        await turn().lease.release('m', 'one');
        expect(await turn().lease.take('m', 'three', after(101), 100)).toBe(false);
        await turn().lease.release('m', 'two');
        expect(await turn().lease.take('m', 'three', after(101), 100)).toBe(true);
      }));

    test('an owner keeps it for longer', () =>
      withState(open, async (turn) => {
        await turn().lease.take('m', 'one', START, 100);
        expect(await turn().lease.take('m', 'one', after(90), 100)).toBe(true);
        expect(await turn().lease.take('m', 'two', after(190), 100)).toBe(false);
      }));

    test('of many that want it at once one gets it', () =>
      withState(open, async (turn) => {
        const taken = await Promise.all(Array.from({ length: 50 }, (_, i) => turn().lease.take('m', `owner ${i}`, START, 100)));
        expect(taken.filter(Boolean)).toHaveLength(1);
      }));

    test('begins with what the ledger says and finishes by writing it', () =>
      withState(open, async (turn) => {
        expect(await turn().lease.begin('m', 'one', START, 100)).toEqual({ kind: 'begun', mailboxes: [], unfinished: false });
        expect(await turn().lease.begin('m', 'two', START, 100)).toEqual({ kind: 'busy' });
        await turn().lease.finish('m', 'one', [BOB, ALICE], START, 1000);
        expect(await turn().lease.begin('m', 'two', START, 100)).toEqual({ kind: 'begun', mailboxes: [ALICE, BOB], unfinished: false });
        await turn().lease.finish('m', 'two', [], START, 10);
        expect(await turn().lease.begin('m', 'three', after(11), 100)).toEqual({ kind: 'begun', mailboxes: [], unfinished: false });
      }));

    test('who lost it still writes the ledger, and releases nothing', () =>
      withState(open, async (turn) => {
        await turn().lease.take('m', 'slow', START, 100);
        await turn().lease.take('m', 'next', after(101), 100);
        await turn().lease.finish('m', 'slow', [ALICE], after(102), 1000);
        expect(await turn().ledger.read('m', after(102))).toEqual([ALICE]);
        expect(await turn().lease.take('m', 'third', after(103), 100)).toBe(false);
      }));
  });
}
