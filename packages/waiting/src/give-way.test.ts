import { expect, test } from 'vitest';
import { giveWay } from './give-way.ts';

test('one piece of work in a turn of the event loop, in the order in which they came', async () => {
  let turn = 0;
  let running = true;
  const count = (): void => {
    turn += 1;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  const seen: (readonly [string, number])[] = [];
  const work = async (name: string) => {
    for (let i = 0; i < 3; i += 1) {
      await giveWay();
      seen.push([name, turn]);
    }
  };
  await Promise.all(['a', 'b', 'c'].map(work));
  running = false;
  expect(seen.map(([name]) => name).join('')).toBe('abcabcabc');
  expect(new Set(seen.map(([, at]) => at)).size).toBe(9);
});

test('many wait, and all get their turn', async () => {
  const order: number[] = [];
  await Promise.all(Array.from({ length: 1000 }, (_, i) => giveWay().then(() => order.push(i))));
  expect(order).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});
