import { getEventListeners } from 'node:events';
import { expect, test, vi } from 'vitest';
import { createCountingSignal } from './counting-signal.fixture.ts';
import { abortSignalOf, type Cancellation, createCanceller, onAbort, throwIfAborted } from './index.ts';

/** Ours and the platform's promise the same. */
const KINDS: readonly [string, () => { readonly signal: Cancellation; abort(reason?: unknown): void }][] = [
  ['our own', () => createCanceller()],
  ['the platform', () => new AbortController()],
];

test.each(KINDS)('%s: listeners are called once, in order, and see the first reason', (_name, create) => {
  const one = create();
  const calls: string[] = [];
  const stop = onAbort(one.signal, () => calls.push('never'));
  onAbort(one.signal, () => calls.push(`a ${String(one.signal.reason)}`));
  onAbort(one.signal, () => calls.push('b'));
  stop();
  expect(one.signal.aborted).toBe(false);
  expect(() => throwIfAborted(one.signal)).not.toThrow();
  one.abort('first');
  one.abort('second');
  expect(calls).toEqual(['a first', 'b']);
  onAbort(one.signal, () => calls.push('late'));
  expect(calls.at(-1)).toBe('late');
  expect(one.signal.aborted).toBe(true);
  expect(() => throwIfAborted(one.signal)).toThrow('first');
});

test.each(KINDS)('%s: a listener that an earlier one takes away is not called', (_name, create) => {
  const one = create();
  const second = vi.fn();
  let stop = () => {};
  onAbort(one.signal, () => stop());
  stop = onAbort(one.signal, second);
  one.abort();
  expect(second).not.toHaveBeenCalled();
});

test.each(KINDS)('%s: without a reason there is one all the same', (_name, create) => {
  const one = create();
  one.abort();
  expect(one.signal.reason).toMatchObject({ name: 'AbortError' });
});

test('one function added for two purposes is called for both, and taken away for one', () => {
  const one = createCanceller();
  const shared = vi.fn();
  const stop = onAbort(one.signal, shared);
  onAbort(one.signal, shared);
  stop();
  one.abort();
  expect(shared).toHaveBeenCalledTimes(1);
});

test('a listener that throws keeps the others from nothing, and its error is seen', async () => {
  const one = createCanceller();
  const second = vi.fn();
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const seen = new Promise((resolve) => process.once('uncaughtException', resolve));
  onAbort(one.signal, () => {
    throw new Error('a bug');
  });
  onAbort(one.signal, second);
  one.abort();
  expect(second).toHaveBeenCalledTimes(1);
  expect(await seen).toMatchObject({ message: 'a bug' });
  for (const listener of before) process.on('uncaughtException', listener);
});

test('it follows others until it is aborted or disposed', () => {
  const [long, short] = [createCountingSignal(), createCountingSignal()];
  const first = createCanceller(long.signal, undefined, short.signal);
  short.abort('short');
  expect(first.signal).toMatchObject({ aborted: true, reason: 'short' });
  expect([long.listening(), short.listening()]).toEqual([0, 0]);
  const second = createCanceller(long.signal);
  expect(long.listening()).toBe(1);
  second[Symbol.dispose]();
  expect(long.listening()).toBe(0);
  long.abort();
  expect(second.signal.aborted).toBe(false);
  second.abort('by itself');
  expect(second.signal.reason).toBe('by itself');
});

test('it is aborted at once when one that it follows is, and listens to none', () => {
  const [live, over] = [createCountingSignal(), createCountingSignal()];
  over.abort('over');
  const one = createCanceller(live.signal, over.signal);
  expect(one.signal).toMatchObject({ aborted: true, reason: 'over' });
  expect(live.listening()).toBe(0);
});

test('the platform gets one signal of it, before or after', () => {
  const one = createCanceller();
  const platform = abortSignalOf(one.signal);
  expect(abortSignalOf(one.signal)).toBe(platform);
  expect(platform.aborted).toBe(false);
  one.abort('why');
  expect(platform).toMatchObject({ aborted: true, reason: 'why' });
  const later = createCanceller();
  later.abort('earlier');
  expect(abortSignalOf(later.signal)).toMatchObject({ aborted: true, reason: 'earlier' });
  const own = new AbortController().signal;
  expect(abortSignalOf(own)).toBe(own);
  const counting = createCountingSignal();
  const foreign = abortSignalOf(counting.signal);
  counting.abort('told');
  expect(foreign.reason).toBe('told');
});

test('an AbortSignal keeps no listener of ours', () => {
  const { signal } = new AbortController();
  onAbort(signal, () => {})();
  createCanceller(signal)[Symbol.dispose]();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
