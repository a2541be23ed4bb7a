import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddressLiteral } from './address.ts';
import { normaliseDomain } from './domain.ts';

const label63 = 'a'.repeat(63);

describe('normaliseDomain', () => {
  it.each<[string, string | undefined]>([
    ['example.test', 'example.test'],
    ['EXAMPLE.Test', 'example.test'],
    ['localhost', 'localhost'],
    ['a_b.example', 'a_b.example'],
    ['_dmarc.example', '_dmarc.example'],
    ['1.2.3.test', '1.2.3.test'],
    ['příklad.test', 'xn--pklad-zsa96e.test'],
    ['PŘÍKLAD.test', 'xn--pklad-zsa96e.test'],
    ['xn--pklad-zsa96e.test', 'xn--pklad-zsa96e.test'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    [`${label63}.test`, `${label63}.test`],
    [`${label63}a.test`, undefined],
    [`${`${label63}.`.repeat(3)}${'a'.repeat(61)}`, `${`${label63}.`.repeat(3)}${'a'.repeat(61)}`],
    [`${`${label63}.`.repeat(3)}${'a'.repeat(62)}`, undefined],
    ['', undefined],
    ['.', undefined],
    ['example.test.', undefined],
    ['example..test', undefined],
    ['.example.test', undefined],
    ['-a.test', undefined],
    ['a-.test', undefined],
    ['1.2.3.4', undefined],
    ['１.２.３.４', undefined],
    ['0x7f.é', '0x7f.xn--9ca'],
    ['exa mple.test', undefined],
    ['example.test\r\n', undefined],
    ['é\t.test', undefined],
    ['ex%61mplé.test', undefined],
    ['é.test/path', undefined],
    ['é.test:25', undefined],
    ['a@é.test', undefined],
    ['[192.0.2.1]', undefined],
    ['*.test', undefined],
    ['é'.repeat(1000), undefined],
  ])('%j', (written, name) => expect(normaliseDomain(written)).toBe(name));

  it('is its own normal form, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain()), (written) => {
        const name = normaliseDomain(written);
        if (name === undefined) return;
        expect(name).toMatch(/^[a-z0-9_.-]{1,253}$/u);
        expect(normaliseDomain(name)).toBe(name);
      }),
    );
  });
});

describe('parseAddressLiteral', () => {
  it.each<[string, string | undefined]>([
    ['[192.0.2.1]', '192.0.2.1'],
    ['[IPv6:2001:DB8::1]', '2001:db8::1'],
    ['[ipv6:::1]', '::1'],
    ['[2001:db8::1]', undefined],
    ['[IPv6:192.0.2.1]', undefined],
    ['[IPv6:fe80::1%eth0]', undefined],
    ['[192.0.2]', undefined],
    ['[192.0.2.01]', undefined],
    ['[192.0.2.256]', undefined],
    ['192.0.2.1', undefined],
    ['[]', undefined],
    ['[[192.0.2.1]]', undefined],
    ['[192.0.2.1', undefined],
    ['[x-tag:y]', undefined],
  ])('%s', (written, ip) => expect(parseAddressLiteral(written)?.ip).toBe(ip));
});
