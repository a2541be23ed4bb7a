import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compilePattern } from './create-state.ts';

it.each([
  ['a@b 1', 'a@b 1', true],
  ['a@b 1', 'a@b 12', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['a*', 'a', true],
  ['*@b *', 'x@b 192.0.2.1', true],
  ['*@b *', 'x@bb 192.0.2.1', false],
  ['aa*aa', 'aaa', false],
  ['aa*aa', 'aaaa', true],
  ['*b*b*', 'ab', false],
  ['a.c', 'abc', false],
  ['', '', true],
  ['', 'a', false],
])('%j and %j: %s', (pattern, key, expected) => {
  expect(compilePattern(pattern).matches(key)).toBe(expected);
});

it('says what a regular expression says', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  const key = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(text, key, (pattern, written) => {
      expect(compilePattern(pattern).matches(written)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'u').test(written));
    }),
  );
});
