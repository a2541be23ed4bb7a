import { describe, expect, test } from 'vitest';
import { LEDGER_MAILBOXES_MAX } from '../limits.ts';
import { StateFault } from '../port.ts';
import { after, type OpenState, START, withState } from './opened.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';

/** The ledger of partial deliveries, and the lease. */
export function describeDeliveries(open: OpenState): void {
  describe('ledger', () => {
    test('notes mailboxes, each once, until the end of the last noting', () =>
      withState(open, async (turn) => {
        expect(await turn().ledger.read('m', START)).toEqual([]);
        await turn().ledger.add('m', [BOB, BOB], START, 100);
        await turn().ledger.add('m', [ALICE, BOB], after(50), 100);
        await turn().ledger.add('other', ['ends@example.test', 'owner'], START, 1000);
        expect(await turn().ledger.read('m', after(150))).toEqual([ALICE, BOB]);
        expect(await turn().ledger.read('m', after(151))).toEqual([]);
        expect(await turn().ledger.read('other', START)).toEqual(['ends@example.test', 'owner']);
      }));

    test('what has ended does not come back with the next noting', () =>
      withState(open, async (turn) => {
        await turn().ledger.add('m', [ALICE], START, 100);
        await turn().ledger.add('m', [BOB], after(101), 100);
        expect(await turn().ledger.read('m', after(101))).toEqual([BOB]);
      }));

    test('is dropped', () =>
      withState(open, async (turn) => {
        await turn().ledger.add('m', [ALICE], START, 100);
        await turn().ledger.drop('m');
        await turn().ledger.drop('m');
        expect(await turn().ledger.read('m', START)).toEqual([]);
      }));

    test('noting nothing keeps an entry for longer and makes none', () =>
      withState(open, async (turn) => {
        await turn().ledger.add('m', [], START, 100);
        expect(await turn().ledger.read('m', START)).toEqual([]);
        await turn().ledger.add('m', [ALICE], START, 100);
        await turn().ledger.add('m', [], after(100), 100);
        expect(await turn().ledger.read('m', after(200))).toEqual([ALICE]);
      }));

    test('an entry has a bound, and a noting that would exceed it changes nothing', () =>
      withState(open, async (turn) => {
        const many = Array.from({ length: LEDGER_MAILBOXES_MAX }, (_, i) => `m${i}@example.test`);
        await turn().ledger.add('m', many, START, 100);
        await turn().ledger.add('m', many, START, 100);
        await expect(turn().ledger.add('m', [ALICE], START, 1000)).rejects.toThrow(StateFault);
        await expect(turn().ledger.add('n', [...many, ALICE], START, 1000)).rejects.toThrow(StateFault);
        expect(await turn().ledger.read('m', after(100))).toHaveLength(LEDGER_MAILBOXES_MAX);
        expect(await turn().ledger.read('m', after(101))).toEqual([]);
      }));
  });

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
        expect(await turn().lease.begin('m', 'one', START, 100)).toEqual({ kind: 'begun', mailboxes: [] });
        expect(await turn().lease.begin('m', 'two', START, 100)).toEqual({ kind: 'busy' });
        await turn().lease.finish('m', 'one', [BOB, ALICE], START, 1000);
        expect(await turn().lease.begin('m', 'two', START, 100)).toEqual({ kind: 'begun', mailboxes: [ALICE, BOB] });
        await turn().lease.finish('m', 'two', [], START, 10);
        expect(await turn().lease.begin('m', 'three', after(11), 100)).toEqual({ kind: 'begun', mailboxes: [] });
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
