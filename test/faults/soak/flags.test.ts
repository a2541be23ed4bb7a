import { expect, test } from 'vitest';
import { readSoakFlags } from './flags.ts';

test.each([
  [[], { messages: 20_000, seed: 7 }],
  [['--messages', '5', '--seed', '3'], { messages: 5, seed: 3 }],
  [['--messages', '0'], { problem: '--messages takes 1 to 1000000' }],
  [['--messages', 'many'], { problem: '--messages takes 1 to 1000000' }],
  [['--seed', '-1'], { problem: expect.stringContaining('usage: ') }],
  [['--seed=x'], { problem: '--seed takes a number' }],
  [['--other'], { problem: expect.stringMatching(/^[^\n]*usage: [^\n]*$/u) }],
])('%j', (args, expected) => {
  expect(readSoakFlags(args, () => 7)).toEqual(expected);
});
