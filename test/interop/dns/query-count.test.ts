import { countQueries, totalOf } from '@vratny/support/count-queries';
import { expect, test } from 'vitest';

test('what DNS is asked does not grow with the messages of one client', async () => {
  const [few, many] = await countQueries([2, 200]);
  if (few === undefined || many === undefined) throw new Error('nothing was counted');
  expect(few.queries.size).toBeGreaterThan(5);
  expect(Object.fromEntries(many.queries)).toEqual(Object.fromEntries(few.queries));
  expect(totalOf(many)).toBeLessThan(30);
});
