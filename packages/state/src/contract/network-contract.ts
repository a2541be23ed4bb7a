import { describe, expect, test } from 'vitest';
import type { State } from '../port.ts';
import { after, type OpenState, R1, withState } from './opened.ts';

const MAX = 20;
const FLOOD = 100;
const NETWORK = '192.0.2.0/24';

/** One client network with more senders than it may have. */
export function describeNetworks(open: OpenState): void {
  const listed = async (state: State, pattern: string, ms: number) => (await state.greylist.list(pattern, 1_000, after(ms))).length;
  const call = (state: State, sender: string, ms: number, network = NETWORK) =>
    state.greylist.firstSeen(`${sender} ${network}`, after(ms), R1);

  describe('entries of one client network', () => {
    test('are bounded: those that end first make room, other networks lose none', () =>
      withState(
        open,
        async (turn) => {
          await call(turn(), 'other', 0, '198.51.100.1/32');
          for (let i = 0; i < FLOOD; i += 1) await call(turn(), `s${i}`, i);
          expect(await listed(turn(), `* ${NETWORK}`, FLOOD)).toBeLessThanOrEqual(MAX);
          expect(await listed(turn(), `* ${NETWORK}`, FLOOD)).toBeGreaterThan(MAX / 2);
          expect((await call(turn(), `s${FLOOD - 1}`, FLOOD)).kind).toBe('early');
          expect((await call(turn(), 'other', FLOOD, '198.51.100.1/32')).kind).toBe('early');
          expect((await call(turn(), 's0', FLOOD)).kind).toBe('first');
        },
        { networkEntriesMax: MAX },
      ));

    test('keep who was let through and came again', () =>
      withState(
        open,
        async (turn) => {
          await call(turn(), 'friend', 0);
          await turn().greylist.extend(`friend ${NETWORK}`, after(R1.delayMs), { windowMs: 2 * R1.windowMs });
          for (let i = 0; i < FLOOD; i += 1) await call(turn(), `s${i}`, R1.delayMs + i);
          expect((await call(turn(), 'friend', R1.delayMs + FLOOD)).kind).toBe('passed');
        },
        { networkEntriesMax: MAX },
      ));

    test('that ended or were forgotten take no room', () =>
      withState(
        open,
        async (turn) => {
          const later = R1.delayMs + R1.windowMs + 1;
          for (let i = 0; i < MAX; i += 1) await call(turn(), `old${i}`, 0);
          for (let i = 0; i < MAX / 2; i += 1) await call(turn(), `new${i}`, later);
          expect(await listed(turn(), '*', later)).toBe(MAX / 2);
          expect(await turn().greylist.forget(`* ${NETWORK}`, after(later))).toBe(MAX / 2);
          for (let i = 0; i < MAX; i += 1) await call(turn(), `next${i}`, later);
          expect(await listed(turn(), '*', later)).toBe(MAX);
        },
        { networkEntriesMax: MAX },
      ));
  });
}
