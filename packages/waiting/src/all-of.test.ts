import { expect, test } from 'vitest';
import { allOf } from './all-of.ts';

const STOP = new Error('stop');

test('several values are no promise, and one promise among them makes it one', async () => {
  expect(allOf([1, 2])).toEqual([1, 2]);
  const mixed = allOf<number>([1, Promise.resolve(2)]);
  expect(mixed).toBeInstanceOf(Promise);
  expect(await mixed).toEqual([1, 2]);
  await expect(allOf([1, Promise.reject(STOP)])).rejects.toBe(STOP);
});
