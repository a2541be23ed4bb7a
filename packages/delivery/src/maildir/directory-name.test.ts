import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directoryName, mailboxPath } from './directory-name.ts';

test.each([
  ['alice', 'alice'],
  ['a.b+tag=x_y-z', 'a.b+tag=x_y-z'],
  ['', '%'],
  ['.', '%2e'],
  ['..', '%2e.'],
  ['.hidden', '%2ehidden'],
  ['../x', '%2e.%2fx'],
  ['a/b', 'a%2fb'],
  ['100%', '100%25'],
  ['a~b', 'a%7eb'],
  ['nul\0', 'nul%00'],
  ['Alice', '%41lice'],
  ['\u017elu\u0165', '%c5%belu%c5%a5'],
])('%j is %s', (text, name) => {
  expect(directoryName(text)).toBe(name);
});

test('a quoted local part may hold an at sign', () => {
  expect(mailboxPath('r', 'a@b@example.test')).toEqual({ root: 'r', domain: 'r/example.test', mailbox: 'r/example.test/a%40b' });
  expect(mailboxPath('r', 'bare').mailbox).toBe('r/%/bare');
});

test('names are safe, short, and differ where texts differ', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('.', '/', '%', '~', 'a', 'A'), maxLength: 300 }));
  fc.assert(
    fc.property(text, text, (one, other) => {
      const name = directoryName(one);
      expect(name).toMatch(/^[a-z0-9_+=%-][a-z0-9._+=%~-]*$/u);
      expect(name.length).toBeLessThanOrEqual(200);
      if (one.toWellFormed() !== other.toWellFormed()) expect(directoryName(other)).not.toBe(name);
    }),
  );
});
