import { DEFAULT_SECONDARY_OF, type Letter } from '@vratny/hosts';
import type { ExchangeSaid, Look, Mx, ResolverSaid, Said, ServerSaid, TlsaSaid } from './look.ts';
import { type Wanted, wantedOf } from './wanted.ts';

/** For tests: the domain firma.cz at the cluster mx1.thinline.example. */
export const SITE = { cluster: { name: 'mx1', domain: 'thinline.example' }, secondaryOf: DEFAULT_SECONDARY_OF };

/** The digest of the one key of its hosts. */
export const KEY = 'ab'.repeat(32);

/** When the first look is made. */
export const START = new Date('2026-11-27T12:00:00Z');

/** The name of a host by its short one: `host('d10')`. */
export const host = (id: string) => `mx1${id}.thinline.example`;

/** What firma.cz must say for a letter. */
export function wanted(letter: Letter = 'd'): Wanted {
  return wantedOf({ name: 'firma.cz', letter }, SITE, { digests: [KEY], tarpitSpeaksTls: false });
}

/** MX records written as in a zone: `mx('10 mx1d10.thinline.example')`; short names of hosts are enough. */
export function mx(...records: readonly string[]): Said {
  return { kind: 'records', mx: records.map(readMx), ttlSeconds: 3600 };
}

function readMx(written: string): Mx {
  const [preference, name = ''] = written.split(' ');
  return { preference: Number(preference), exchange: /^[a-d][12]0$/u.test(name) ? host(name) : name };
}

/** The same with another TTL. */
export function lasting(said: Said, ttlSeconds: number): Said {
  return said.kind === 'silent' ? said : { ...said, ttlSeconds };
}

export const NO_MX: Said = { kind: 'none', exists: true, ttlSeconds: 900 };
export const NO_DOMAIN: Said = { kind: 'none', exists: false, ttlSeconds: 900 };
export const RIGHT = mx('10 d10', '20 b20');

/** A server that gave no answer. */
export function silent(fault: Extract<Said, { kind: 'silent' }>['fault']): Said {
  return { kind: 'silent', fault, detail: `said ${fault}` };
}

interface Written {
  readonly at?: Date;
  readonly servers?: readonly Said[];
  readonly resolvers?: readonly (Said | 'bogus')[];
  readonly exchanges?: readonly ExchangeSaid[];
  readonly trouble?: string;
  readonly tlsa?: readonly TlsaSaid[];
}

/** A look: by default two right name servers and two right resolvers. */
export function lookOf({
  at = START,
  servers = [RIGHT, RIGHT],
  resolvers = [RIGHT, RIGHT],
  exchanges = [],
  trouble,
  tlsa = [],
}: Written = {}): Look {
  return {
    at,
    domain: 'firma.cz',
    zone: trouble === undefined ? 'firma.cz' : undefined,
    ...(trouble === undefined ? {} : { trouble }),
    servers: servers.map((said, index): ServerSaid => ({ name: `ns${index + 1}.firma.cz`, address: `198.51.100.${index + 1}`, said, at })),
    complete: trouble === undefined,
    resolvers: resolvers.map(
      (said, index): ResolverSaid => ({
        label: `9.9.9.${index + 1}`,
        said: said === 'bogus' ? silent('servfail') : said,
        bogus: said === 'bogus',
      }),
    ),
    exchanges,
    tlsa,
  };
}
