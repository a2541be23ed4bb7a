import { expect, test } from 'vitest';
import { groupCopies } from './deliver-group.ts';
import { RECIPIENTS_MAX } from './limits.ts';

function groupsOf(rows: readonly (readonly [string, string])[]): readonly string[] {
  const groups = groupCopies(rows.map(([address, stamps]) => ({ target: { address, usedBytes: 0 }, stamps })));
  return groups.map((group) => `${group.stamps}: ${group.copies.map(({ copy, place }) => `${copy.target.address}${place}`).join(' ')}`);
}

test.each([
  ['nobody', [], []],
  [
    'same stamps together',
    [
      ['a', 'S'],
      ['b', 'T'],
      ['c', 'S'],
    ],
    ['S: a0 c2', 'T: b1'],
  ],
  [
    'an address twice',
    [
      ['a', 'S'],
      ['b', 'S'],
      ['a', 'S'],
      ['c', 'S'],
      ['a', 'S'],
    ],
    ['S: a0 b1 c3', 'S: a2', 'S: a4'],
  ],
] as const)('%s', (_what, rows, groups) => {
  expect(groupsOf(rows)).toEqual(groups);
});

test('a group is bounded', () => {
  const rows = Array.from({ length: 2 * RECIPIENTS_MAX + 1 }, (_none, at) => [`a${at}`, ''] as const);
  expect(groupsOf(rows)).toHaveLength(3);
});
