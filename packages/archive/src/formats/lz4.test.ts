import { expect, test } from 'vitest';
import { LZ4_WINDOW_BYTES, unpackLz4Block } from './lz4.ts';

/** Blocks as the format's description builds them: token, literals, distance, length. */
const ROWS: readonly (readonly [what: string, block: readonly number[], before: string, text: string | undefined])[] = [
  ['literals alone', [0x30, 97, 98, 99], '', 'abc'],
  ['a match that repeats itself', [0x14, 97, 1, 0, 0x10, 98], '', 'aaaaaaaaab'],
  ['a match of two', [0x22, 97, 98, 2, 0, 0x00], '', 'abababab'],
  ['a match in the block before', [0x00, 3, 0, 0x10, 33], 'xyz', 'xyzx!'],
  ['a long run of literals', [0xf0, 1, ...Array.from({ length: 16 }, () => 97)], '', 'a'.repeat(16)],
  ['a long match', [0x1f, 97, 1, 0, 2, 0x00], '', 'a'.repeat(1 + 15 + 2 + 4)],
  ['a distance of nothing', [0x10, 97, 0, 0], '', undefined],
  ['a distance before the beginning', [0x10, 97, 2, 0, 0x00], '', undefined],
  ['literals that are cut off', [0x50, 97], '', undefined],
  ['a distance that is cut off', [0x10, 97, 1], '', undefined],
  ['more than there is room for', [0x1f, 97, 1, 0, 255, 255, 255, 0], '', undefined],
];

test.each(ROWS)('%s', (_what, block, before, text) => {
  const out = Buffer.alloc(100);
  const start = out.write(before, 'latin1');
  const end = unpackLz4Block(Buffer.from(block), out, start);
  expect(end === undefined ? undefined : out.toString('latin1', start, end)).toBe(text);
});

test('the window is what a distance of two octets reaches', () => {
  expect(LZ4_WINDOW_BYTES).toBeGreaterThan(0xffff);
});
