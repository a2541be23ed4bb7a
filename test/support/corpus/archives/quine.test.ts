import { inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { quineZip } from './quine.ts';

it('unpacks to itself', () => {
  const zip = quineZip();
  const start = 30 + zip.readUInt16LE(26);
  expect(inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(18))).equals(zip)).toBe(true);
});
