import { describe, expect, test } from 'vitest';
import { LEASE_REMEMBERED_MS } from '../limits.ts';
import type { State } from '../port.ts';
import { after, type OpenState, START, withState } from './opened.ts';

const ALICE = 'alice@example.test';
const TTL_MS = 100;

/** Something that is done to the lease of `m`, so many milliseconds after the beginning. */
type Step = (state: State) => Promise<unknown>;

const begin =
  (owner: string, ms: number): Step =>
  (state) =>
    state.lease.begin('m', owner, after(ms), TTL_MS);
const finish =
  (owner: string, ms: number, inDoubt = false): Step =>
  (state) =>
    state.lease.finish('m', owner, [], after(ms), TTL_MS, inDoubt);
const release =
  (owner: string): Step =>
  (state) =>
    state.lease.release('m', owner);

/** One dies, and two has it from 101 up to 201. */
const OVERTAKEN = [begin('one', 0), begin('two', 101)];

const ROWS: readonly (readonly [what: string, steps: readonly Step[], beginsMs: number, unfinished: boolean])[] = [
  ['nothing', [], 0, false],
  ['an attempt that finished', [begin('one', 0), finish('one', 0)], 0, false],
  ['an attempt that finished after its end', [begin('one', 0), finish('one', 150)], 151, false],
  ['an attempt that gave it back', [begin('one', 0), release('one')], 0, false],
  ['an attempt that gave it back, after its end', [begin('one', 0), release('one')], 101, false],
  ['an attempt that died', [begin('one', 0)], 101, true],
  ['an attempt that died, as long as that is remembered', [begin('one', 0)], TTL_MS + LEASE_REMEMBERED_MS, true],
  ['an attempt that died, later', [begin('one', 0)], TTL_MS + LEASE_REMEMBERED_MS + 1, false],
  ['an attempt at another message that died', [(state) => state.lease.begin('n', 'one', START, TTL_MS)], 101, false],
  ['doubt, at once', [begin('one', 0), finish('one', 0, true)], 0, true],
  ['doubt, as long as that is remembered', [begin('one', 0), finish('one', 0, true)], LEASE_REMEMBERED_MS, true],
  ['doubt, later', [begin('one', 0), finish('one', 0, true)], LEASE_REMEMBERED_MS + 1, false],
  ['doubt, and its owner giving back what it has no more', [begin('one', 0), finish('one', 0, true), release('one')], 0, true],
  ['doubt without a lease', [finish('one', 0, true)], 0, true],
  ['a second attempt that finished', [...OVERTAKEN, finish('two', 110)], 110, false],
  ['a second attempt that gave it back', [...OVERTAKEN, release('two')], 110, true],
  ['a second attempt that gave it back, as if it had run out', [...OVERTAKEN, release('two')], 201 + LEASE_REMEMBERED_MS, true],
  ['a second attempt that gave it back, later', [...OVERTAKEN, release('two')], 202 + LEASE_REMEMBERED_MS, false],
  ['a second attempt that kept it for longer and gave it back', [...OVERTAKEN, begin('two', 110), release('two')], 110, true],
  ['a second attempt that died too', OVERTAKEN, 202, true],
  ['a second attempt, and the first giving back what it lost', [...OVERTAKEN, release('one')], 202, true],
  ['a second attempt, and the first finishing what it lost', [...OVERTAKEN, finish('one', 110)], 202, true],
  ['a third attempt that finished', [...OVERTAKEN, release('two'), begin('three', 110), finish('three', 110)], 110, false],
];

/** Attempts of which nobody knows how they ended. */
export function describeDoubt(open: OpenState): void {
  describe('what is remembered of a lease', () => {
    test.each(ROWS)('after %s', (_what, steps, beginsMs, unfinished) =>
      withState(open, async (turn) => {
        for (const step of steps) await step(turn());
        expect(await turn().lease.begin('m', 'last', after(beginsMs), TTL_MS)).toMatchObject({ kind: 'begun', mailboxes: [], unfinished });
      }),
    );

    test.each<readonly [string, readonly Step[], number, string | undefined]>([
      ['nothing', [], 0, undefined],
      ['one that died', [begin('one', 0)], 101, 'one'],
      ['two that died', OVERTAKEN, 202, 'one'],
      ['one that died, and one that gave it back', [...OVERTAKEN, release('two')], 110, 'one'],
      ['one that died, and one that doubts', [...OVERTAKEN, finish('two', 110, true)], 110, 'one'],
      ['one that died and another that had none and doubts', [begin('one', 0), finish('two', 110, true)], 110, 'one'],
      ['one that doubts', [begin('one', 0), finish('one', 10, true)], 10, 'one'],
      ['one that doubts twice', [begin('one', 0), finish('one', 10, true), begin('two', 20), finish('two', 30, true)], 30, 'one'],
      ['one that died, one that finished, one that died', [...OVERTAKEN, finish('two', 110), begin('three', 110)], 211, 'three'],
      [
        'one that died and is forgotten, and one that doubts',
        [begin('one', 0), finish('two', 101 + LEASE_REMEMBERED_MS, true)],
        101 + LEASE_REMEMBERED_MS,
        'two',
      ],
      ['one that took it again', [begin('one', 0), begin('one', 150)], 251, 'one'],
      [
        'one that doubts of what another has',
        [...OVERTAKEN, finish('two', 110), begin('three', 110), finish('one', 111, true), release('three')],
        112,
        'one',
      ],
    ])('says since whom: %s', (_what, steps, beginsMs, since) =>
      withState(open, async (turn) => {
        for (const step of steps) await step(turn());
        const beginning = await turn().lease.begin('m', 'last', after(beginsMs), TTL_MS);
        expect('since' in beginning ? beginning.since : undefined).toBe(since);
      }),
    );

    test('an owner that takes again what it had learns nothing new from that', () =>
      withState(open, async (turn) => {
        await begin('one', 0)(turn());
        expect(await turn().lease.begin('m', 'one', after(50), TTL_MS)).toMatchObject({ unfinished: false });
        expect(await turn().lease.begin('m', 'one', after(500), TTL_MS)).toMatchObject({ unfinished: false });
        await turn().lease.begin('m', 'two', after(601), TTL_MS);
        expect(await turn().lease.begin('m', 'two', after(602), TTL_MS)).toMatchObject({ unfinished: true });
      }));

    test('doubt writes the ledger too', () =>
      withState(open, async (turn) => {
        await turn().lease.begin('m', 'one', START, TTL_MS);
        await turn().lease.finish('m', 'one', [ALICE], START, 1000, true);
        const beginning = await turn().lease.begin('m', 'two', START, TTL_MS);
        expect(beginning).toEqual({ kind: 'begun', mailboxes: [ALICE], unfinished: true, since: 'one' });
      }));

    test('doubt of one who lost it marks the lease of who has it, and does not end it', () =>
      withState(open, async (turn) => {
        await begin('one', 0)(turn());
        await turn().lease.begin('m', 'two', after(101), TTL_MS);
        await turn().lease.finish('m', 'two', [], after(101), TTL_MS);
        await turn().lease.begin('m', 'three', after(102), TTL_MS);
        await turn().lease.finish('m', 'one', [], after(103), TTL_MS, true);
        expect(await turn().lease.begin('m', 'four', after(104), TTL_MS)).toEqual({ kind: 'busy' });
        await turn().lease.release('m', 'three');
        expect(await turn().lease.begin('m', 'four', after(105), TTL_MS)).toMatchObject({ unfinished: true });
      }));

    test('whoever doubts after its own end ends nobody, and an owner that was overtaken clears nothing', () =>
      withState(open, async (turn) => {
        await begin('one', 0)(turn());
        await turn().lease.finish('m', 'other', [], after(200), TTL_MS, true);
        await turn().lease.finish('m', 'one', [], after(201), TTL_MS);
        expect(await turn().lease.begin('m', 'two', after(202), TTL_MS)).toMatchObject({ unfinished: true });
      }));

    test('of many that want an unfinished one at once one gets it', () =>
      withState(open, async (turn) => {
        await begin('one', 0)(turn());
        const all = await Promise.all(Array.from({ length: 50 }, (_, i) => turn().lease.begin('m', `owner ${i}`, after(101), TTL_MS)));
        expect(all.filter(({ kind }) => kind === 'begun')).toEqual([{ kind: 'begun', mailboxes: [], unfinished: true, since: 'one' }]);
      }));
  });
}
