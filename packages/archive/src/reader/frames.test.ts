import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFrameReader } from './frames.ts';
import { frame } from './main.ts';

test('any split gives the same frames', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (given, step) => {
      const stream = Buffer.concat(given.map(frame));
      const reader = createFrameReader(40);
      const found: Buffer[] = [];
      for (let at = 0; at < stream.length; at += step)
        found.push(...reader.push(stream.subarray(at, at + step)).map((one) => Buffer.from(one)));
      expect(found.map((one) => [...one])).toEqual(given.map((one) => [...one]));
    }),
  );
});

test('a frame above the bound', () => {
  expect(() => createFrameReader(9).push(frame(Buffer.alloc(10)))).toThrow(RangeError);
});
