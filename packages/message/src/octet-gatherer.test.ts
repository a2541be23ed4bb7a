import { expect, test } from 'vitest';
import { createOctetGatherer } from './header.ts';

const source = Buffer.from('abcdefghij');
const other = Buffer.from('0123456789');

test.each<[string, [Buffer, number, number][], string, boolean]>([
  ['nothing', [], '', false],
  [
    'runs that touch',
    [
      [source, 0, 2],
      [source, 2, 5],
    ],
    'abcde',
    false,
  ],
  [
    'runs with a gap',
    [
      [source, 0, 2],
      [source, 4, 5],
    ],
    'abe',
    false,
  ],
  [
    'two buffers',
    [
      [source, 8, 10],
      [other, 0, 2],
    ],
    'ij01',
    false,
  ],
  [
    'two buffers whose places meet',
    [
      [source, 0, 2],
      [other, 2, 4],
    ],
    'ab23',
    false,
  ],
  ['up to the bound', [[source, 0, 6]], 'abcdef', false],
  [
    'above the bound',
    [
      [source, 0, 5],
      [other, 0, 2],
      [other, 2, 3],
    ],
    'abcde0',
    true,
  ],
])('%s', (_what, runs, text, cut) => {
  const gatherer = createOctetGatherer(6);
  for (const [buffer, from, to] of runs) gatherer.add(buffer, from, to);
  expect(gatherer.octets().toString()).toBe(text);
  expect(gatherer.cut).toBe(cut);
  gatherer.clear();
  expect(gatherer.octets().length).toBe(0);
  expect(gatherer.cut).toBe(false);
});

test('one run is not copied', () => {
  const gatherer = createOctetGatherer(100);
  gatherer.add(source, 1, 3);
  expect(gatherer.octets().buffer).toBe(source.buffer);
});
