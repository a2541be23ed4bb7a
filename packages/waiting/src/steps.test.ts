import { expect, test } from 'vitest';
import { runSteps, type Steps, wait } from './steps.ts';

function* sum(one: number | Promise<number>, other: number | Promise<number>): Steps<number> {
  return (yield* wait(one)) + (yield* wait(other));
}

const oops = new Error('oops');

function* failing(work: number | Promise<number>): Steps<number> {
  yield* wait(work);
  throw oops;
}

function* catching(work: number | Promise<number>): Steps<string> {
  try {
    return `got ${yield* wait(work)}`;
  } catch (error) {
    return `caught ${String(error)}`;
  }
}

test('what is there at once is no promise', () => expect(runSteps(sum(1, 2))).toBe(3));

test.each([
  [1, Promise.resolve(2)],
  [Promise.resolve(1), 2],
  [Promise.resolve(1), Promise.resolve(2)],
])('a promise anywhere makes it one', async (one, other) => {
  const result = runSteps(sum(one, other));
  expect(result).toBeInstanceOf(Promise);
  expect(await result).toBe(3);
});

test('what the steps throw is thrown, and rejects after a wait', async () => {
  expect(() => runSteps(failing(1))).toThrow(oops);
  await expect(runSteps(failing(Promise.resolve(1)))).rejects.toBe(oops);
});

test('a rejection is thrown into the steps, which may catch it', async () => {
  await expect(runSteps(sum(1, Promise.reject(oops)))).rejects.toBe(oops);
  expect(await runSteps(catching(Promise.reject(oops)))).toBe('caught Error: oops');
  expect(await runSteps(catching(Promise.resolve(1)))).toBe('got 1');
});
