import { expect, test } from 'vitest';
import { mapBounded } from './bounded-map.ts';

test('never more at once than allowed, results in order', async () => {
  let under = 0;
  let most = 0;
  const results = await mapBounded([5, 1, 4, 2, 3, 0, 6], 3, async (item) => {
    under += 1;
    most = Math.max(most, under);
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
    under -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30, 0, 60]);
  expect(most).toBe(3);
});
