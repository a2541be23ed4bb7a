import { expect, test } from 'vitest';
import { createByteBudget } from './byte-budget.ts';

test('a budget gives what it has and takes it back', () => {
  const budget = createByteBudget(10);
  expect(budget.take(6)).toBe(true);
  expect(budget.take(5)).toBe(false);
  expect(budget.takenBytes).toBe(6);
  expect(budget.take(4)).toBe(true);
  budget.give(10);
  expect(budget.take(10)).toBe(true);
});

test('giving back too much does not enlarge it', () => {
  const budget = createByteBudget(10);
  budget.give(5);
  expect(budget.take(11)).toBe(false);
  expect(budget.take(10)).toBe(true);
});
