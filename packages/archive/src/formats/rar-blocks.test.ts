import { expect, test } from 'vitest';
import { bytesOf } from '../bytes.ts';
import { loadFixture } from '../load.fixture.ts';
import { countRarBlocks } from './rar.ts';

/** Main header, two members, end of the archive. */
test.each([
  ['rar4-good', 4],
  ['rar5-good', 5],
] as const)('%s has its blocks, and no more are counted than asked for', (name, version) => {
  const bytes = bytesOf(loadFixture(name));
  const count = countRarBlocks(bytes, version, 100);
  expect(count).toBeGreaterThanOrEqual(4);
  expect(count).toBeLessThan(10);
  expect(countRarBlocks(bytes, version, 3)).toBe(3);
});

test.each([4, 5] as const)('a chain that is cut off ends: version %d', (version) => {
  const bytes = loadFixture(`rar${version}-good`);
  for (let end = 0; end < bytes.length; end += 1) expect(countRarBlocks(bytesOf(bytes.subarray(0, end)), version, 100)).toBeLessThan(10);
});
