import { expect, test } from 'vitest';
import { createRecounts } from './recounts.ts';

function plantedCount() {
  const calls: { mailbox: string; signal: AbortSignal; answer: PromiseWithResolvers<number> }[] = [];
  const recounts = createRecounts((mailbox, signal) => {
    const answer = Promise.withResolvers<number>();
    calls.push({ mailbox, signal, answer });
    return answer.promise;
  });
  return { calls, recounts };
}
const never = () => new AbortController().signal;

test('who asks while a count is under way shares it; later ones count anew', async () => {
  const { calls, recounts } = plantedCount();
  const asked = [recounts.count('a', never()), recounts.count('a', never()), recounts.count('b', never())];
  expect(calls.map((call) => call.mailbox)).toEqual(['a', 'b']);
  calls[0]?.answer.resolve(7);
  calls[1]?.answer.resolve(8);
  expect(await Promise.all(asked)).toEqual([7, 7, 8]);
  const again = recounts.count('a', never());
  expect(calls).toHaveLength(3);
  calls[2]?.answer.resolve(9);
  expect(await again).toBe(9);
});

test('one who gives up does not end the count of the other; the last one does', async () => {
  const { calls, recounts } = plantedCount();
  const [first, second] = [new AbortController(), new AbortController()];
  const one = recounts.count('a', first.signal);
  const other = recounts.count('a', second.signal);
  first.abort(new Error('first is over'));
  await expect(one).rejects.toThrow('first is over');
  expect(calls[0]?.signal.aborted).toBe(false);
  second.abort(new Error('second is over'));
  await expect(other).rejects.toThrow('second is over');
  expect(calls[0]?.signal.aborted).toBe(true);
  // The stopped count has not come to its end yet: its result is not for the next one.
  const next = recounts.count('a', never());
  calls[1]?.answer.resolve(5);
  expect(await next).toBe(5);
  calls[0]?.answer.reject(new Error('stopped'));
});

test('a count that fails is not kept', async () => {
  const { calls, recounts } = plantedCount();
  const failing = recounts.count('a', never());
  calls[0]?.answer.reject(new Error('EIO'));
  await expect(failing).rejects.toThrow('EIO');
  const next = recounts.count('a', never());
  calls[1]?.answer.resolve(1);
  expect(await next).toBe(1);
});
