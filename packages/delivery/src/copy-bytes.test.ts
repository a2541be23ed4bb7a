import { expect, test } from 'vitest';
import { keptRanges } from './copy-bytes.ts';

test.each([
  [10, [], [[0, 10]]],
  [0, [], []],
  [10, [[0, 10]], []],
  [10, [[0, 3]], [[3, 10]]],
  [
    10,
    [
      [3, 5],
      [5, 7],
    ],
    [
      [0, 3],
      [7, 10],
    ],
  ],
  [10, [[8, 10]], [[0, 8]]],
])('%i octets without %j', (size, omit, kept) => {
  const ranges = keptRanges(
    size,
    omit.map(([start = 0, end = 0]) => ({ start, end })),
  );
  expect(ranges.map(({ start, end }) => [start, end])).toEqual(kept);
});
