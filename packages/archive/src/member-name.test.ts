import { expect, test } from 'vitest';
import { NAME_MAX_CHARS } from './limits.ts';
import { extensionOf, trimEndOf } from './member-name.ts';

test.each([
  ['a.zip', 'a.zip'],
  ['a.zip. .', 'a.zip'],
  [' . a', ' . a'],
  ['. . ', ''],
  ['', ''],
])('%j', (text, trimmed) => {
  expect(trimEndOf(text, /[.\s]/u)).toBe(trimmed);
});

test('a long run that does not end the name costs time with its length, not with the square of it', { timeout: 2_000 }, () => {
  const name = `${' '.repeat(NAME_MAX_CHARS)}x`;
  for (let count = 0; count < 3; count += 1) expect(extensionOf(name)).toBe('');
});
