import type { Domain } from '@vratny/directory';
import { DEFAULT_SECONDARY_OF, type Letter } from '@vratny/hosts';
import { describe, expect, it } from 'vitest';
import type { Said, ServerSaid } from './look.ts';
import { sightsOf, sightsOfStanding } from './see-letters.ts';

const AT = new Date('2030-01-01T00:00:00Z');
const SITE = { cluster: { name: 'mx1', domain: 'cluster.test' }, secondaryOf: DEFAULT_SECONDARY_OF };
/** It went from d over b to c. */
const DOMAIN: Domain = { name: 'one.test', letter: 'c', earlier: (['d', 'b'] as const).map((letter) => ({ letter, since: AT })) };

const naming = (...ids: readonly string[]): Said => ({
  kind: 'records',
  mx: ids.map((id, at) => ({ preference: 10 + at, exchange: `mx1${id}.cluster.test` })),
  ttlSeconds: 300,
});
const silent = (fault: Extract<Said, { kind: 'silent' }>['fault']): Said => ({ kind: 'silent', fault, detail: fault });
const server = (said: Said, at: number, more: Partial<ServerSaid> = {}): ServerSaid => ({
  name: `ns${at}.test`,
  address: `192.0.2.${at}`,
  said,
  at: AT,
  ...more,
});

/** What servers and resolvers show, as `b omitted, d named 300`. */
function see(servers: readonly (Said | ServerSaid)[], resolvers: readonly Said[] = [], { domain = DOMAIN, complete = true } = {}): string {
  const asked = {
    complete,
    servers: servers.map((one, at) => ('said' in one ? one : server(one, at))),
    resolvers: resolvers.map((said, at) => ({ label: String(at), said, bogus: false })),
  };
  return sightsOf(domain, asked, SITE)
    .map(({ letter, sight, ttlSeconds }) => [letter, sight, ttlSeconds].filter((part) => part !== undefined).join(' '))
    .toSorted()
    .join(', ');
}

const OF_C = naming('c10', 'c20');
const NONE = 'b omitted, d omitted';

describe('what a look shows of earlier letters', () => {
  it.each<[string, readonly (Said | ServerSaid)[], readonly Said[], string]>([
    ['all right', [OF_C, OF_C], [], NONE],
    ['the secondary that b and c share says nothing of b', [naming('c20')], [], NONE],
    ['one server still names a host', [OF_C, naming('c10', 'b20')], [], 'b omitted, d named 300'],
    ['a host beside the right ones', [naming('c10', 'c20', 'b10')], [], 'b named 300, d omitted'],
    [
      'no records, no name',
      [
        { kind: 'none', exists: true, ttlSeconds: 1 },
        { kind: 'none', exists: false, ttlSeconds: 1 },
      ],
      [],
      NONE,
    ],
    ['other hosts altogether', [naming('x')], [], NONE],
    ['a server that does not serve the zone names nobody', [OF_C, silent('refused'), silent('lame')], [], NONE],
    ['a server that nobody can ask', [OF_C, silent('forbidden')], [], NONE],
    ['a server that only this machine cannot ask', [OF_C, silent('no-route')], [], ''],
    ['the same, asked at another address', [OF_C, server(silent('no-route'), 0, { address: '2001:db8::1' })], [], NONE],
    ['the same, whose other address nobody can ask', [OF_C, silent('forbidden'), server(silent('no-route'), 1)], [], ''],
    ['a server that does not answer may name them', [OF_C, silent('timeout')], [], ''],
    ['one that is busy or fails may too', [OF_C, silent('busy'), silent('servfail')], [], ''],
    ['one that names a host is enough, whoever is silent', [naming('d10'), silent('timeout')], [], 'd named 300'],
    ['what a server said before it fell silent is no answer', [OF_C, server(OF_C, 1, { silentNow: 'no answer' })], [], ''],
    ['another name says nothing', [{ kind: 'alias', target: 'x.test', ttlSeconds: 1 }], [], ''],
    ['nobody serves it', [silent('refused')], [], ''],
    ['nobody is there', [], [OF_C], ''],
    ['a cache tells the TTL, and no more', [OF_C], [naming('d10', 'b20')], 'b omitted, d omitted 300'],
  ])('%s', (_name, servers, resolvers, sights) => expect(see(servers, resolvers)).toBe(sights));

  it('while name servers are not known, that hosts are named, and never that they are not', () => {
    expect(see([OF_C, OF_C], [], { complete: false })).toBe('');
    expect(see([OF_C, naming('d10')], [], { complete: false })).toBe('d named 300');
  });

  it('of records that are about to be replaced, that they named hosts, and their TTL', () => {
    const standing = [10, 20].map((preference) => ({ preference, exchange: `MX1b${preference}.cluster.test` }));
    expect(sightsOfStanding(DOMAIN, { mx: standing, ttlSeconds: 604_800 }, SITE)).toEqual([
      { letter: 'd', sight: 'named', ttlSeconds: 604_800 },
      { letter: 'b', sight: 'named', ttlSeconds: 604_800 },
    ]);
    expect(sightsOfStanding(DOMAIN, { mx: [] }, SITE)).toEqual([]);
  });

  it('of a letter that is left, and of a domain without any, nothing', () => {
    const left = { ...DOMAIN, earlier: [{ letter: 'd' as Letter, since: AT, seenLeft: AT }] };
    expect(see([OF_C], [], { domain: left })).toBe('');
    expect(see([OF_C], [], { domain: { name: 'one.test', letter: 'c' } })).toBe('');
  });
});
