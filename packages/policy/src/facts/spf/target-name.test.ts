import { describe, expect, it } from 'vitest';
import { targetName } from './target-name.ts';

const LONG = 'a'.repeat(63);

describe('the name whose SPF record is asked for', () => {
  it.each([
    ['my_pc.wild.test', 'my_pc.wild.test'],
    ['_a.wild.test', '_a.wild.test'],
    ['_dmarc._tcp.wild.test', '_dmarc._tcp.wild.test'],
    ['a_.wild.test', 'a_.wild.test'],
    ['-a-.wild.test', '-a-.wild.test'],
    ['xn--bcher-kva.test', 'xn--bcher-kva.test'],
    ['bücher.test', 'xn--bcher-kva.test'],
    ['HOST.Test', 'host.test'],
    ['host.test.', 'host.test'],
    ['1.2.3.test', '1.2.3.test'],
    ['a.b', 'a.b'],
    ['host.xn--p1ai', 'host.xn--p1ai'],
    [`${LONG}.test`, `${LONG}.test`],
    [`${LONG}.${LONG}.${LONG}.${'a'.repeat(61)}`, `${LONG}.${LONG}.${LONG}.${'a'.repeat(61)}`],
  ])('%s', (written, name) => {
    expect(targetName(written)).toBe(name);
  });

  it.each([
    '',
    '.',
    'localhost',
    'localhost.',
    'a..test',
    '.test',
    'host.test..',
    `a${LONG}.test`,
    `${LONG}.${LONG}.${LONG}.${LONG}`,
    '[192.0.2.1]',
    '192.0.2.1',
    '[IPv6:::1]',
    'a b.test',
    'a\u0000.test',
    'x'.repeat(100_000),
  ])('malformed: %s', (written) => {
    expect(targetName(written)).toBeUndefined();
  });
});
