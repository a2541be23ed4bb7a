import { expect, test } from 'vitest';
import { parseDnsServer } from './server-address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1:53'],
  ['192.0.2.1:5353', '192.0.2.1:5353'],
  ['2001:db8::1', '[2001:db8::1]:53'],
  ['[2001:db8::1]', '[2001:db8::1]:53'],
  ['[2001:db8::1]:5353', '[2001:db8::1]:5353'],
  ['ns.test', undefined],
  ['192.0.2.1:', undefined],
  ['192.0.2.1:5e1', undefined],
  ['[2001:db8::1', undefined],
])('%s -> %s', (written, label) => {
  expect(parseDnsServer(written)?.label).toBe(label);
});
