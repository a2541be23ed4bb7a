import { expect, test } from 'vitest';
import { bytesOf } from './bytes.ts';
import { findFitting } from './find.ts';

const MIB = 1024 * 1024;
const SIGN = Buffer.from('sign');
const options = { before: 2, reach: 8, fits: (window: Buffer, at: number) => window.toString('latin1', at, at + 8).endsWith('ok') };
const find = (bytes: Buffer, end = 4 * MIB) => findFitting(bytesOf(bytes), SIGN, end, options);
/** The structure at each of these places, zeros around it. */
const placed = (...places: readonly (readonly [at: number, text: string])[]) => {
  const bytes = Buffer.alloc(3 * MIB);
  for (const [at, text] of places) bytes.write(text, at, 'latin1');
  return bytes;
};

test.each([
  ['at the beginning', placed([0, '..signok']), 0],
  ['behind one that does not fit', placed([5, '..signno'], [50, '..signok']), 50],
  ['across the edge of a window', placed([MIB - 3, '..signok']), MIB - 3],
  ['sign at the edge, its front before it', placed([MIB - 2, '..signok']), MIB - 2],
  ['front cut off', placed([0, 'signok']), undefined],
  ['none', placed(), undefined],
  ['the first of two', placed([2 * MIB + 7, '..signok'], [MIB, '..signok']), MIB],
])('%s', (_what, bytes, at) => {
  expect(find(bytes)).toBe(at);
});

test('not behind the end', () => {
  expect(find(placed([200, '..signok']), 200)).toBeUndefined();
  expect(find(placed([200, '..signok']), 203)).toBe(200);
});

test('many signs are read in windows, not one by one', () => {
  const bytes = Buffer.alloc(4 * MIB, 'sign');
  let reads = 0;
  const counted = {
    sizeBytes: bytes.length,
    read: (start: number, end: number) => {
      reads += 1;
      return bytes.subarray(start, end);
    },
  };
  expect(findFitting(counted, SIGN, bytes.length, options)).toBeUndefined();
  expect(reads).toBe(4);
});
