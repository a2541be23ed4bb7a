import { describe, expect, it } from 'vitest';
import { greylistPattern } from './greylist-pattern.ts';

describe('greylistPattern', () => {
  it.each([
    ['*', '*'],
    ['Anna@Example.net', 'anna@example.net *'],
    ['*@example.net', '*@example.net *'],
    ['example.net', '*@example.net *'],
    ['bee.de', '*@bee.de *'],
    ['<>', ' *'],
    ['192.0.2.1', '* 192.0.2.1/*'],
    ['192.0.2.0/24', '* 192.0.2.0/24'],
    ['192.0.*', '* 192.0.*'],
    ['2001:db8:1:2::/64', '* 2001:db8:1:2::/64'],
    ['<> 192.0.2.1/32', ' 192.0.2.1/32'],
    ['anna@example.net 192.0.2.1', 'anna@example.net 192.0.2.1/*'],
    ['"a b"@example.net *', '"a b"@example.net *'],
  ])('%s means %j', (written, pattern) => expect(greylistPattern(written)).toBe(pattern));

  it.each(['', 'x'.repeat(2000)])('refuses %#', (written) => expect(() => greylistPattern(written)).toThrow('It has no text'));
});
