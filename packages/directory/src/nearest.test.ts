import { expect, it } from 'vitest';
import { findNearest } from './nearest.ts';

it.each([
  ['alcie', ['bob', 'alice', 'alina'], 'alice'],
  ['alice', ['alice2', 'alice'], 'alice'],
  ['a', ['abc', 'abcd'], 'abc'],
  ['alice', ['bob', 'carol'], undefined],
  ['alice', [], undefined],
  ['postmasterr', ['postmaster'], 'postmaster'],
])('%s among %j: %s', (written, candidates, nearest) => {
  expect(findNearest(written, candidates)).toBe(nearest);
});
