import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, type AddressProblem, addressKey, formatAddress, formatReversePath, parseAddress } from './address.ts';
import { LOCAL_PART_MAX } from './limits.ts';

const d = 'example.test';
const ASCII: readonly [string, Address | AddressProblem][] = [
  ['alice@example.test', { local: 'alice', domain: d }],
  ['Alice@EXAMPLE.test', { local: 'Alice', domain: d }],
  ['a.b+c@example.test', { local: 'a.b+c', domain: d }],
  ["!#$%&'*+/=?^_`{|}~-@example.test", { local: "!#$%&'*+/=?^_`{|}~-", domain: d }],
  ['"a b"@example.test', { local: 'a b', domain: d }],
  ['"a\\"b\\\\c"@example.test', { local: 'a"b\\c', domain: d }],
  ['"a@b"@example.test', { local: 'a@b', domain: d }],
  ['"a>b"@example.test', { local: 'a>b', domain: d }],
  ['"alice"@example.test', { local: 'alice', domain: d }],
  ['a@[192.0.2.1]', { local: 'a', domain: '[192.0.2.1]', literal: '192.0.2.1' }],
  ['a@[IPv6:2001:DB8::1]', { local: 'a', domain: '[ipv6:2001:db8::1]', literal: '2001:db8::1' }],
  ['a@xn--pklad-zsa96e.test', { local: 'a', domain: 'xn--pklad-zsa96e.test' }],
  [`${'a'.repeat(LOCAL_PART_MAX)}@example.test`, { local: 'a'.repeat(LOCAL_PART_MAX), domain: d }],
  [`${'a'.repeat(LOCAL_PART_MAX + 1)}@example.test`, 'too-long'],
  [`a@${'b.'.repeat(300)}test`, 'too-long'],
  ['žofie@example.test', 'eight-bit'],
  ['a@příklad.test', 'eight-bit'],
  ['\ufffdx@example.test', 'eight-bit'],
  ['', 'syntax'],
  ['alice', 'syntax'],
  ['@example.test', 'syntax'],
  ['alice@', 'syntax'],
  ['""@example.test', 'syntax'],
  ['.a@example.test', { local: '.a', domain: d }],
  ['a.@example.test', { local: 'a.', domain: d }],
  ['a..b.@example.test', { local: 'a..b.', domain: d }],
  ['...@example.test', { local: '...', domain: d }],
  ['"a..b."@example.test', { local: 'a..b.', domain: d }],
  ['a..b"c"@example.test', 'syntax'],
  ['a b@example.test', 'syntax'],
  ['a@b@example.test', 'syntax'],
  ['"a"b@example.test', 'syntax'],
  ['"a@example.test', 'syntax'],
  ['"a\u0001b"@example.test', 'syntax'],
  ['"a\r\nb"@example.test', 'syntax'],
  ['a@1.2.3.4', 'syntax'],
  ['a@[1.2.3]', 'syntax'],
  ['a@example.test.', { local: 'a', domain: d }],
  ['a@example.test..', 'syntax'],
  ['a@.', 'syntax'],
  ['a@..', 'syntax'],
  ['a@[192.0.2.1].', { local: 'a', domain: '[192.0.2.1]', literal: '192.0.2.1' }],
  ['a(comment)@example.test', 'syntax'],
];

const UTF8: readonly [string, Address | AddressProblem][] = [
  ['žofie@example.test', { local: 'žofie', domain: d }],
  ['"ž o"@example.test', { local: 'ž o', domain: d }],
  ['a@příklad.test', { local: 'a', domain: 'xn--pklad-zsa96e.test', uLabels: true }],
  ['a@example.test', { local: 'a', domain: d }],
  ['\ufffdx@example.test', 'eight-bit'],
  ['\ud800x@example.test', 'eight-bit'],
  ['a\u202eb@example.test', 'syntax'],
  ['a\u200bb@example.test', 'syntax'],
  ['a\u0085b@example.test', 'syntax'],
  [`${'ž'.repeat(LOCAL_PART_MAX / 2)}@example.test`, { local: 'ž'.repeat(LOCAL_PART_MAX / 2), domain: d }],
  [`${'ž'.repeat(LOCAL_PART_MAX / 2 + 1)}@example.test`, 'too-long'],
];

describe('parseAddress', () => {
  it.each(ASCII)('%j', (written, address) => expect(parseAddress(written, { utf8: false })).toEqual(address));
  it.each(UTF8)('%j with SMTPUTF8', (written, address) => expect(parseAddress(written, { utf8: true })).toEqual(address));

  const local = fc.string({ unit: fc.constantFrom('a', 'b', '.', '+', ' ', '"', '\\', '@', '>', '!', 'ž'), minLength: 1, maxLength: 20 });
  it('reads back what formatAddress writes', () => {
    fc.assert(
      fc.property(local, (one) => {
        const address: Address = { local: one, domain: d };
        expect(parseAddress(formatAddress(address), { utf8: true })).toEqual(address);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (written, utf8) => void parseAddress(written, { utf8 })));
  });
});

describe('forms of an address', () => {
  it.each<[Address, string, string]>([
    [{ local: 'Alice', domain: d }, 'Alice@example.test', 'alice@example.test'],
    [{ local: 'a b', domain: d }, '"a b"@example.test', 'a b@example.test'],
    [{ local: 'a"\\', domain: d }, '"a\\"\\\\"@example.test', 'a"\\@example.test'],
    [{ local: 'a..b', domain: d }, '"a..b"@example.test', 'a..b@example.test'],
  ])('%j', (address, written, key) => {
    expect(formatAddress(address)).toBe(written);
    expect(formatReversePath(address)).toBe(written);
    expect(addressKey(address)).toBe(key);
  });

  it('the null sender is empty', () => expect(formatReversePath(null)).toBe(''));
});
