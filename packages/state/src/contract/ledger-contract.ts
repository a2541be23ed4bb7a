import { describe, expect, test } from 'vitest';
import { LEDGER_MAILBOXES_MAX } from '../limits.ts';
import { StateFault } from '../port.ts';
import { after, type OpenState, START, withState } from './opened.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';
const CAROL = 'carol@example.test';

/** The ledger of partial deliveries. */
export function describeLedger(open: OpenState): void {
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

    test('drops the mailboxes that are named, and goes with its last one', () =>
      withState(open, async (turn) => {
        await turn().ledger.add('m', [ALICE, BOB, CAROL], START, 100);
        await turn().ledger.drop('m', [ALICE, CAROL, 'nobody@example.test']);
        expect(await turn().ledger.read('m', after(100))).toEqual([BOB]);
        await turn().ledger.drop('m', []);
        await turn().ledger.drop('other', [BOB]);
        expect(await turn().ledger.read('m', after(100))).toEqual([BOB]);
        await turn().ledger.drop('m', [BOB]);
        await turn().ledger.drop('m', [BOB]);
        expect(await turn().ledger.read('m', START)).toEqual([]);
        // Gone, not merely empty: nothing keeps the next entry from ending when it says.
        await turn().ledger.add('m', [ALICE], START, 10);
        expect(await turn().ledger.read('m', after(11))).toEqual([]);
      }));

    test('dropping one does not change when the others end', () =>
      withState(open, async (turn) => {
        await turn().ledger.add('m', [ALICE, BOB], START, 100);
        await turn().ledger.drop('m', [ALICE]);
        expect(await turn().ledger.read('m', after(100))).toEqual([BOB]);
        expect(await turn().ledger.read('m', after(101))).toEqual([]);
      }));

    test('drops at once, each its own', () =>
      withState(open, async (turn) => {
        const many = Array.from({ length: 50 }, (_, i) => `m${i}@example.test`);
        await turn().ledger.add('m', [...many, ALICE], START, 100);
        await Promise.all(many.map((mailbox) => turn().ledger.drop('m', [mailbox])));
        expect(await turn().ledger.read('m', START)).toEqual([ALICE]);
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

    test('an entry that is full is a fault for who finishes, and keeps nobody waiting', () =>
      withState(open, async (turn) => {
        const many = Array.from({ length: LEDGER_MAILBOXES_MAX }, (_, i) => `m${i}@example.test`);
        await turn().ledger.add('m', many, START, 100);
        await turn().lease.begin('m', 'one', START, 100);
        await expect(turn().lease.finish('m', 'one', [ALICE], START, 100)).rejects.toThrow(StateFault);
        expect(await turn().lease.begin('m', 'two', START, 100)).toMatchObject({ kind: 'begun' });
        await expect(turn().lease.finish('m', 'two', [ALICE], START, 100, true)).rejects.toThrow(StateFault);
        expect(await turn().lease.begin('m', 'three', START, 100)).toMatchObject({ kind: 'begun', unfinished: true, since: 'two' });
        expect(await turn().ledger.read('m', START)).not.toContain(ALICE);
      }));
  });
}
