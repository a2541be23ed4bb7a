import fc from 'fast-check';
import { expect, test } from 'vitest';
import { queryName } from './list-query.ts';

const ONES = '1.0.0.0';
test.each([
  ['192.0.2.99', '99.2.0.192.bl.test'],
  ['127.0.0.2', '2.0.0.127.bl.test'],
  ['2001:db8:1:2:3:4:567:89ab', 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test'],
  ['::1', `${ONES}${'.0.0.0.0'.repeat(7)}.bl.test`],
  ['::ffff:127.0.0.1', `1.0.0.0.0.0.f.7.f.f.f.f${'.0.0.0.0'.repeat(5)}.bl.test`],
  ['FE80::1%eth0', `${ONES}${'.0.0.0.0'.repeat(6)}.0.8.e.f.bl.test`],
])('%s', (ip, name) => {
  expect(queryName(ip, 'bl.test')).toBe(name);
});

test.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '[::1]', '::1::', '%eth0', '192.0.2.1.'])('%j is no address', (ip) => {
  expect(queryName(ip, 'bl.test')).toBeUndefined();
});

test('however an IPv6 address is written, its name is the same', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
      const hex = groups.map((group) => group.toString(16));
      const padded = hex.map((group) => group.padStart(4, '0').toUpperCase());
      const expected = `${padded.join('').toLowerCase().split('').toReversed().join('.')}.bl.test`;
      const shortest = new URL(`http://[${hex.join(':')}]`).hostname.slice(1, -1);
      for (const written of [hex.join(':'), padded.join(':'), shortest]) expect(queryName(written, 'bl.test')).toBe(expected);
    }),
  );
});
