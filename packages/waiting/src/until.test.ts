import { assert, asyncProperty, constantFrom, tuple } from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCountingSignal } from './counting-signal.fixture.ts';
import { DeadlineError, pause, startDeadline, until, withDeadline, withGrace } from './index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const STEPS = ['resolve', 'reject', 'abort', 'time'] as const;
type Step = (typeof STEPS)[number];

/** Does the steps one after the other, and tells how the waiting ended. */
async function play(
  steps: readonly Step[],
  wait: (work: Promise<string>, signal: ReturnType<typeof createCountingSignal>['signal'], instead: () => string) => Promise<string>,
) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const counting = createCountingSignal();
  const instead = vi.fn(() => 'instead');
  const ended = wait(promise, counting.signal, instead).catch((error: unknown) => String(error));
  let result = 'waiting';
  void ended.then((value) => (result = value));
  const seen: string[] = [];
  for (const step of steps) {
    if (step === 'resolve') resolve('value');
    if (step === 'reject') reject(new Error('broken'));
    if (step === 'abort') counting.abort();
    if (step === 'time') await vi.advanceTimersByTimeAsync(10);
    await vi.advanceTimersByTimeAsync(0);
    seen.push(result);
  }
  return { seen, listening: counting.listening(), timers: vi.getTimerCount(), instead: instead.mock.calls.length };
}

/** How the waiting must have ended after each step: by the first step that ends it. */
function model(steps: readonly Step[], ends: (step: Step, before: readonly Step[]) => boolean): readonly string[] {
  const settles = (step: Step, before: readonly Step[]) => step === 'resolve' || step === 'reject' || ends(step, before);
  const at = steps.findIndex((step, i) => settles(step, steps.slice(0, i)));
  const step = steps[at];
  const result = step === 'resolve' ? 'value' : step === 'reject' ? 'Error: broken' : 'instead';
  return steps.map((_step, i) => (at >= 0 && i >= at ? result : 'waiting'));
}

const order = tuple(constantFrom(...STEPS), constantFrom(...STEPS), constantFrom(...STEPS), constantFrom(...STEPS));

test.each([
  ['until', (w, s, i) => until(w, s, i), (step) => step === 'abort'],
  ['withDeadline', (w, _s, i) => withDeadline(w, 10, i), (step) => step === 'time'],
  ['withGrace', (w, s, i) => withGrace(w, s, 10, i), (step, before) => step === 'time' && before.includes('abort')],
] as const satisfies readonly [string, Parameters<typeof play>[1], Parameters<typeof model>[1]][])(
  '%s: the first end holds, in any order, and leaves nothing behind',
  async (_name, wait, ends) => {
    await assert(
      asyncProperty(order, async (steps) => {
        const { seen, listening, timers, instead } = await play(steps, wait);
        const expected = model(steps, ends);
        expect(seen).toEqual(expected);
        if (expected.at(-1) === 'waiting') vi.clearAllTimers();
        else expect({ listening, timers }).toEqual({ listening: 0, timers: 0 });
        expect(instead).toBe(expected.at(-1) === 'instead' ? 1 : 0);
      }),
    );
  },
);

const never = () => new Promise<never>(() => {});

test('without another result they reject with the reason', async () => {
  const counting = createCountingSignal();
  const late = expect(withDeadline(never(), 250)).rejects.toThrow(new DeadlineError(250));
  const aborted = expect(until(never(), counting.signal)).rejects.toThrow('stop');
  const grace = expect(withGrace(never(), counting.signal, 5)).rejects.toThrow('stop');
  counting.abort();
  await vi.advanceTimersByTimeAsync(250);
  await Promise.all([late, aborted, grace]);
});

test('what is thrown instead is the rejection', async () => {
  const fault = new Error('fault');
  const waiting = until(never(), AbortSignal.abort(), () => {
    throw fault;
  });
  await expect(waiting).rejects.toBe(fault);
});

test('a signal that is aborted already wins over work that is settled already', async () => {
  expect(await until(Promise.resolve('value'), AbortSignal.abort(), () => 'instead')).toBe('instead');
});

test('the grace begins at once when the signal is aborted already', async () => {
  const waiting = withGrace(never(), AbortSignal.abort(), 5, () => 'instead');
  await vi.advanceTimersByTimeAsync(4);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await waiting).toBe('instead');
});

test('a pause ends with the time or the signal', async () => {
  const counting = createCountingSignal();
  const full = pause(20, counting.signal);
  await vi.advanceTimersByTimeAsync(20);
  await full;
  expect(counting.listening()).toBe(0);
  const cut = pause(20, counting.signal);
  counting.abort();
  await cut;
  await pause(20, counting.signal);
  const plain = pause(1);
  await vi.advanceTimersByTimeAsync(1);
  await plain;
  expect(vi.getTimerCount()).toBe(0);
});

test('a deadline ends by time, by its caller, or by a call; the first end holds', async () => {
  const byTime = startDeadline(10, { reason: () => 'late' });
  const caller = createCountingSignal();
  const byCaller = startDeadline(10, { signal: caller.signal });
  const byCall = startDeadline(10);
  caller.abort('caller');
  byCall.end('call');
  await vi.advanceTimersByTimeAsync(10);
  byTime.end('too late');
  expect([byTime, byCaller, byCall].map((one) => [one.passed, one.signal.reason])).toEqual([
    [true, 'late'],
    [false, 'caller'],
    [false, 'call'],
  ]);
  const unnamed = startDeadline(10);
  await vi.advanceTimersByTimeAsync(10);
  expect(unnamed.signal.reason).toEqual(new DeadlineError(10));
});

test('a deadline that is disposed leaves no timer and no listener, and ends nothing', async () => {
  const caller = createCountingSignal();
  const deadline = startDeadline(10, { signal: caller.signal });
  deadline[Symbol.dispose]();
  expect([vi.getTimerCount(), caller.listening()]).toEqual([0, 0]);
  caller.abort();
  await vi.advanceTimersByTimeAsync(10);
  expect(deadline.signal.aborted).toBe(false);
  const over = startDeadline(10, { signal: caller.signal });
  expect([over.signal.aborted, over.passed, vi.getTimerCount()]).toEqual([true, false, 0]);
});

test('what is left of a deadline is never negative and never more than the whole, whatever the clock does', () => {
  let clock = 1_000;
  using deadline = startDeadline(100, { now: () => clock });
  const left = [0, 40, 100, 500, -500].map((passed) => {
    clock = 1_000 + passed;
    return deadline.remainingMs();
  });
  expect(left).toEqual([100, 60, 0, 0, 100]);
});
