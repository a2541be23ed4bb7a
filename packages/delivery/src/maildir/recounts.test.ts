import type { Cancellation } from '@vratny/waiting';
import { expect, test } from 'vitest';
import { createRecounts } from './recounts.ts';

function plantedCount() {
  const calls: { mailbox: string; signal: Cancellation; answer: PromiseWithResolvers<number> }[] = [];
  const recounts = createRecounts((mailbox, signal) => {
    const answer = Promise.withResolvers<number>();
    calls.push({ mailbox, signal, answer });
    return answer.promise;
  });
  return { calls, recounts };
}
const never = () => new AbortController().signal;

/** Lets everything that is ready go on. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('who asks at the same time shares a count; who asks while one is under way gets the next one', async () => {
  const { calls, recounts } = plantedCount();
  const asked = [recounts.count('a', never()), recounts.count('a', never()), recounts.count('b', never())];
  await settle();
  expect(calls.map((call) => call.mailbox)).toEqual(['a', 'b']);
  // A reader deletes something now: the count under way may have seen it.
  const later = [recounts.count('a', never()), recounts.count('a', never())];
  await settle();
  expect(calls).toHaveLength(2);
  calls[0]?.answer.resolve(7);
  calls[1]?.answer.resolve(8);
  expect(await Promise.all(asked)).toEqual([7, 7, 8]);
  await settle();
  expect(calls.map((call) => call.mailbox)).toEqual(['a', 'b', 'a']);
  calls[2]?.answer.resolve(5);
  expect(await Promise.all(later)).toEqual([5, 5]);
});

test('a count that hangs until nobody waits for it any more does not hold up the next one', async () => {
  const { calls, recounts } = plantedCount();
  const first = new AbortController();
  const hanging = recounts.count('a', first.signal);
  await settle();
  const next = recounts.count('a', never());
  first.abort(new Error('over'));
  await expect(hanging).rejects.toThrow('over');
  await settle();
  calls[1]?.answer.resolve(3);
  expect(await next).toBe(3);
});

test('one who gives up does not end the count of the other; the last one does', async () => {
  const { calls, recounts } = plantedCount();
  const [first, second] = [new AbortController(), new AbortController()];
  const one = recounts.count('a', first.signal);
  const other = recounts.count('a', second.signal);
  await settle();
  first.abort(new Error('first is over'));
  await expect(one).rejects.toThrow('first is over');
  expect(calls[0]?.signal.aborted).toBe(false);
  second.abort(new Error('second is over'));
  await expect(other).rejects.toThrow('second is over');
  expect(calls[0]?.signal.aborted).toBe(true);
  // The stopped count has not come to its end yet: its result is not for the next one.
  const next = recounts.count('a', never());
  await settle();
  calls[1]?.answer.resolve(5);
  expect(await next).toBe(5);
  calls[0]?.answer.reject(new Error('stopped'));
});

test('a count that fails is not kept', async () => {
  const { calls, recounts } = plantedCount();
  const failing = recounts.count('a', never());
  await settle();
  calls[0]?.answer.reject(new Error('EIO'));
  await expect(failing).rejects.toThrow('EIO');
  const next = recounts.count('a', never());
  await settle();
  calls[1]?.answer.resolve(1);
  expect(await next).toBe(1);
});
