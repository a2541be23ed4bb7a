import { expect, test } from 'vitest';
import { createNameTurns } from './name-turns.ts';

test.each([
  ['short names', 2_000, 'a.txt', 4, 10],
  ['long names', 2_000, 'x'.repeat(4_000), 300, 800],
])('gives way in time for %s', (_what, count, name, least, most) => {
  let given = 0;
  const turns = createNameTurns(() => {
    given += 1;
    return Promise.resolve();
  });
  for (let index = 0; index < count; index += 1) void turns(name);
  expect(given).toBeGreaterThanOrEqual(least);
  expect(given).toBeLessThanOrEqual(most);
});
