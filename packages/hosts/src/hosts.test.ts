import { describe, expect, it } from 'vitest';
import {
  DEFAULT_LETTER,
  DEFAULT_SECONDARY_OF,
  findHost,
  HOSTS,
  hostId,
  hostsOf,
  isLetter,
  LETTERS,
  mxName,
  PREFERENCE,
  parseHostId,
  ROLES,
  serves,
} from './host.ts';

const CLUSTER = { name: 'mx1', domain: 'thinline.example' };

describe('hosts', () => {
  // The seven hosts of cluster mx1.
  const NAMES = ['mx1a10', 'mx1b10', 'mx1c10', 'mx1d10', 'mx1a20', 'mx1b20', 'mx1c20'];

  it('are seven, and called as the document calls them', () => {
    expect(HOSTS.map((host) => mxName(host, CLUSTER))).toEqual(NAMES.map((name) => `${name}.thinline.example`));
  });

  it.each(HOSTS)('$letter $role: its short name leads back to it', (host) => {
    expect(parseHostId(hostId(host))).toBe(host);
    expect(parseHostId(hostId(host).toUpperCase())).toBe(host);
    expect(findHost(host.letter, host.role)).toBe(host);
    expect(hostId(host).endsWith(String(PREFERENCE[host.role]))).toBe(true);
  });

  it.each(['d20', 'a30', 'a1', '', 'a10 ', 'e10', 'mx1a10'])('%j is no host', (id) => expect(parseHostId(id)).toBeUndefined());

  it('there is no secondary d', () => expect(findHost('d', 'secondary')).toBeUndefined());
  it('there are two roles', () => expect(ROLES).toEqual(['primary', 'secondary']));
});

describe('which hosts serve which letter', () => {
  // Secondaries are assigned; that of d is b20.
  const TABLE = [
    ['a', ['a10', 'a20']],
    ['b', ['b10', 'c20']],
    ['c', ['c10', 'c20']],
    ['d', ['d10', 'b20']],
  ] as const;

  it.each(TABLE)('%s: %j', (letter, ids) => {
    expect(hostsOf(letter).map(hostId)).toEqual(ids);
    expect(HOSTS.filter((host) => serves(host, letter)).map(hostId)).toEqual(ids);
  });

  it('follows the site where it assigns otherwise', () => {
    const secondaryOf = { ...DEFAULT_SECONDARY_OF, c: 'b' } as const;
    expect(hostsOf('c', secondaryOf).map(hostId)).toEqual(['c10', 'b20']);
    expect(serves({ role: 'secondary', letter: 'c' }, 'c', secondaryOf)).toBe(false);
  });

  it('every host serves somebody', () => {
    expect(HOSTS.filter((host) => !LETTERS.some((letter) => serves(host, letter)))).toEqual([]);
  });
});

describe('letters', () => {
  it.each(['a', 'b', 'c', 'd'])('%s', (text) => expect(isLetter(text)).toBe(true));
  it.each(['', 'e', 'A', 'ab', 'toString'])('%j is none', (text) => expect(isLetter(text)).toBe(false));
  it('default is d', () => expect(DEFAULT_LETTER).toBe('d'));
});
