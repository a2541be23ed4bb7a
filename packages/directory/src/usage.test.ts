import { expect, it } from 'vitest';
import { createUsageBatch } from './usage.ts';

it('adds up for each mailbox, and a count makes what was added before it void, also when it came from elsewhere', () => {
  const dropped: string[] = [];
  const batch = createUsageBatch(2, (address) => dropped.push(address));
  batch.added('a@x', 1);
  batch.added('a@x', 2);
  batch.added('b@x', 5);
  batch.counted('b@x', 100);
  batch.added('b@x', 1);
  batch.added('c@x', 1);
  expect(dropped).toEqual(['c@x']);
  const taken = batch.take();
  expect(taken).toEqual([
    { address: 'a@x', addedBytes: 3 },
    { address: 'b@x', countedBytes: 100, addedBytes: 1 },
  ]);
  expect(batch.isEmpty()).toBe(true);
  // Could not be written, while more came.
  batch.added('b@x', 2);
  batch.counted('a@x', 50);
  batch.merge(taken, 'before');
  expect(batch.take()).toEqual([
    { address: 'b@x', countedBytes: 100, addedBytes: 3 },
    { address: 'a@x', countedBytes: 50, addedBytes: 0 },
  ]);
});
