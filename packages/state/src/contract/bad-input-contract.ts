import { describe, expect, test } from 'vitest';
import { KEY_MAX } from '../limits.ts';
import { type State, StateFault } from '../port.ts';
import { type OpenState, R1, START, withState } from './opened.ts';

const CALLS: readonly (readonly [what: string, call: (state: State) => Promise<unknown>])[] = [
  ['an empty key', (state) => state.greylist.firstSeen('', START, R1)],
  ['a key too long', (state) => state.counters.hit('é'.repeat(KEY_MAX / 2 + 1), START, 1)],
  ['half a character', (state) => state.ledger.read('\ud83d', START)],
  ['NUL in a mailbox', (state) => state.ledger.add('m', ['a\0b'], START, 1)],
  ['NUL in a mailbox to drop', (state) => state.ledger.drop('m', ['a\0b'])],
  ['a time that is none', (state) => state.greylist.firstSeen('a', new Date(Number.NaN), R1)],
  ['a negative span', (state) => state.greylist.firstSeen('a', START, { delayMs: -1, windowMs: 1 })],
  ['a span of half a millisecond', (state) => state.lease.begin('m', 'one', START, 0.5)],
  ['a span without end', (state) => state.counters.hit('a', START, Number.POSITIVE_INFINITY)],
  ['a node with too much to say', (state) => state.heartbeats.beat('n', { text: 'x'.repeat(5000) }, START)],
];

/** What makes no sense is a fault, never an answer; so is everything after the end. */
export function describeBadInput(open: OpenState): void {
  describe('bad input', () => {
    test.each(CALLS)('%s is a fault', (_what, call) =>
      withState(open, async (turn) => {
        await expect(call(turn())).rejects.toThrow(StateFault);
      }),
    );

    test('after close everything is a fault, and closing again is not', () =>
      withState(open, async (turn) => {
        const state = turn();
        await state.close();
        await state.close();
        await expect(state.greylist.firstSeen('a', START, R1)).rejects.toThrow(StateFault);
        await expect(state.heartbeats.nodes(START)).rejects.toThrow('it is closed');
      }));
  });
}
