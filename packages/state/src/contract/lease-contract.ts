import { describe, expect, test } from 'vitest';
import { after, type OpenState, START, withState } from './opened.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';
const BEGUN = { kind: 'begun' };
const BUSY = { kind: 'busy' };

/** The lease, and what it does with the ledger. */
export function describeLeases(open: OpenState): void {
  describe('lease', () => {
    test('one owner at a time, until its end or its release', () =>
      withState(open, async (turn) => {
        expect(await turn().lease.begin('m', 'one', START, 100)).toMatchObject(BEGUN);
        expect(await turn().lease.begin('m', 'two', after(100), 100)).toEqual(BUSY);
        expect(await turn().lease.begin('n', 'two', START, 100)).toMatchObject(BEGUN);
        expect(await turn().lease.begin('m', 'two', after(101), 100)).toMatchObject(BEGUN);
        await turn().lease.release('m', 'one');
        expect(await turn().lease.begin('m', 'three', after(101), 100)).toEqual(BUSY);
        await turn().lease.release('m', 'two');
        expect(await turn().lease.begin('m', 'three', after(101), 100)).toMatchObject(BEGUN);
      }));

    test('an owner keeps it for longer', () =>
      withState(open, async (turn) => {
        await turn().lease.begin('m', 'one', START, 100);
        expect(await turn().lease.begin('m', 'one', after(90), 100)).toMatchObject(BEGUN);
        expect(await turn().lease.begin('m', 'two', after(190), 100)).toEqual(BUSY);
      }));

    test('of many that want it at once one gets it', () =>
      withState(open, async (turn) => {
        const taken = await Promise.all(Array.from({ length: 50 }, (_, i) => turn().lease.begin('m', `owner ${i}`, START, 100)));
        expect(taken.filter(({ kind }) => kind === 'begun')).toHaveLength(1);
      }));

    test('begins with what the ledger says and finishes by writing it', () =>
      withState(open, async (turn) => {
        expect(await turn().lease.begin('m', 'one', START, 100)).toEqual({ kind: 'begun', mailboxes: [], unfinished: false });
        expect(await turn().lease.begin('m', 'two', START, 100)).toEqual(BUSY);
        await turn().lease.finish('m', 'one', [BOB, ALICE], START, 1000);
        expect(await turn().lease.begin('m', 'two', START, 100)).toEqual({ kind: 'begun', mailboxes: [ALICE, BOB], unfinished: false });
        await turn().lease.finish('m', 'two', [], START, 10);
        expect(await turn().lease.begin('m', 'three', after(11), 100)).toEqual({ kind: 'begun', mailboxes: [], unfinished: false });
      }));

    test('who lost it still writes the ledger, and releases nothing', () =>
      withState(open, async (turn) => {
        await turn().lease.begin('m', 'slow', START, 100);
        await turn().lease.begin('m', 'next', after(101), 100);
        await turn().lease.finish('m', 'slow', [ALICE], after(102), 1000);
        expect(await turn().ledger.read('m', after(102))).toEqual([ALICE]);
        expect(await turn().lease.begin('m', 'third', after(103), 100)).toEqual(BUSY);
      }));
  });
}
