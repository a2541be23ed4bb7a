import { array, assert, asyncProperty, constantFrom, integer } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCountingSignal } from './counting-signal.fixture.ts';
import { createTurns, createWaitingList, type NoTurn, type Turn } from './index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Taker {
  readonly number: number;
  readonly counting: ReturnType<typeof createCountingSignal>;
  state: 'waiting' | 'working' | 'given back' | NoTurn;
  turn?: Turn;
}

function giveBack(turn: Awaited<ReturnType<ReturnType<typeof createTurns>['take']>>): void {
  if (turn.kind === 'turn') turn[Symbol.dispose]();
}

describe('turns', () => {
  test('any sequence of takers: in order, never too many, never too long a queue, nothing left behind', async () => {
    const steps = array(constantFrom('take', 'give back', 'give up', 'time'), { maxLength: 60 });
    await assert(
      asyncProperty(steps, integer({ min: 1, max: 3 }), integer({ min: 0, max: 3 }), async (plan, atOnce, waitingMax) => {
        const turns = createTurns({ atOnce, waitingMax, waitingMs: 25 });
        const takers: Taker[] = [];
        const started: number[] = [];
        const first = (state: Taker['state']) => takers.find((one) => one.state === state);
        const count = (state: Taker['state']) => takers.filter((one) => one.state === state).length;
        for (const step of plan) {
          if (step === 'take') {
            const free = count('working') < atOnce;
            const room = count('waiting') < waitingMax;
            const taker: Taker = { number: takers.length, counting: createCountingSignal(), state: 'waiting' };
            takers.push(taker);
            void turns.take(taker.counting.signal).then((turn) => {
              taker.state = turn.kind === 'turn' ? 'working' : turn.kind;
              if (turn.kind !== 'turn') return;
              taker.turn = turn;
              started.push(taker.number);
            });
            await vi.advanceTimersByTimeAsync(0);
            expect(taker.state).toBe(free ? 'working' : room ? 'waiting' : 'full');
          }
          const ending = first('working');
          if (step === 'give back' && ending) {
            ending.state = 'given back';
            ending.turn?.[Symbol.dispose]();
            // A second time gives nothing back.
            ending.turn?.[Symbol.dispose]();
          }
          if (step === 'give up') takers.findLast((one) => one.state === 'waiting')?.counting.abort();
          await vi.advanceTimersByTimeAsync(step === 'time' ? 10 : 0);
          expect(count('working')).toBeLessThanOrEqual(atOnce);
          // Nobody waits while a turn is free.
          if (count('waiting') > 0) expect(count('working')).toBe(atOnce);
          expect(vi.getTimerCount()).toBe(count('waiting'));
          for (const one of takers) expect(one.counting.listening()).toBe(one.state === 'waiting' ? 1 : 0);
        }
        expect(started).toEqual(started.toSorted((a, b) => a - b));
        vi.clearAllTimers();
      }),
    );
  });

  test('who comes when all are taken waits in turn', async () => {
    const turns = createTurns({ atOnce: 1, waitingMax: 10 });
    const first = await turns.take();
    const order: string[] = [];
    const second = turns.take().then((turn) => {
      order.push('second');
      return turn;
    });
    const third = turns.take().then(() => order.push('third'));
    giveBack(first);
    giveBack(first);
    const turn = await second;
    expect(order).toEqual(['second']);
    giveBack(turn);
    await third;
    expect(order).toEqual(['second', 'third']);
  });

  test('who gives up leaves the queue, and too many do not enter it', async () => {
    const turns = createTurns({ atOnce: 1, waitingMax: 1 });
    const first = await turns.take();
    const counting = createCountingSignal();
    const waiting = turns.take(counting.signal);
    expect(await turns.take()).toEqual({ kind: 'full' });
    counting.abort();
    expect(await waiting).toEqual({ kind: 'aborted' });
    expect(await turns.take(counting.signal)).toEqual({ kind: 'aborted' });
    const last = turns.take();
    giveBack(first);
    expect(await last).toMatchObject({ kind: 'turn' });
  });

  test('who gives up before asking has no turn, and takes none', async () => {
    const turns = createTurns({ atOnce: 1, waitingMax: 1 });
    expect(await turns.take(AbortSignal.abort())).toEqual({ kind: 'aborted' });
    expect(await turns.take()).toMatchObject({ kind: 'turn' });
  });

  test('who waits too long goes', async () => {
    const turns = createTurns({ atOnce: 1, waitingMax: 2, waitingMs: 50 });
    await turns.take();
    const waiting = turns.take();
    await vi.advanceTimersByTimeAsync(50);
    expect(await waiting).toEqual({ kind: 'late' });
  });

  test('who was given a turn has it, even if it gives up in the same moment', async () => {
    const turns = createTurns({ atOnce: 1, waitingMax: 1 });
    const first = await turns.take();
    const counting = createCountingSignal();
    const second = turns.take(counting.signal);
    giveBack(first);
    counting.abort();
    const turn = await second;
    expect(turn.kind).toBe('turn');
    giveBack(turn);
    expect(await turns.take()).toMatchObject({ kind: 'turn' });
  });
});

describe('the waiting list', () => {
  test('serves items in order, and tells when nobody waits', async () => {
    const list = createWaitingList<string>({ waitingMax: 2 });
    expect(list.serve('nobody')).toBe(false);
    const both = [list.wait(), list.wait()];
    expect(list.size).toBe(2);
    expect(await list.wait()).toEqual({ kind: 'full' });
    expect([list.serve('a'), list.serve('b'), list.serve('c')]).toEqual([true, true, false]);
    expect(await Promise.all(both)).toEqual([
      { kind: 'served', item: 'a' },
      { kind: 'served', item: 'b' },
    ]);
  });

  test('closing sends everybody away, later ones too', async () => {
    const list = createWaitingList<string>({ waitingMax: 2, waitingMs: 1_000 });
    const waiting = [list.wait(), list.wait()];
    list.close();
    expect(await Promise.all([...waiting, list.wait()])).toEqual([{ kind: 'closed' }, { kind: 'closed' }, { kind: 'closed' }]);
    expect([list.size, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
