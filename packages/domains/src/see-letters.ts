import type { Domain, LetterSight } from '@vratny/directory';
import { hostsOf, type Letter, mxName } from '@vratny/hosts';
import type { Look, Said, ServerSaid } from './look.ts';
import { askAll, type World } from './observe.ts';
import type { StandingMx } from './publish.ts';
import type { SiteNames } from './wanted.ts';

type Asked = Pick<Look, 'servers' | 'complete' | 'resolvers'>;

/**
 * What a look showed of the hosts of each letter that the world has not left yet. A letter is not spoken of when a name server of the domain did not answer, or was
 * not asked, and no other one names its hosts: that one may still name them. One that does not serve the zone names nobody.
 */
export function sightsOf(
  { letter, earlier = [] }: Domain,
  { servers, complete, resolvers }: Asked,
  site: SiteNames,
): readonly LetterSight[] {
  const present = namesOf(letter, site);
  const reachable = servers.filter((server) => !isOutOfReach(server, servers));
  const answered = reachable.some(({ said }) => said.kind === 'records' || said.kind === 'none');
  const isWhole = complete && answered && reachable.every(({ said, silentNow }) => silentNow === undefined && isClear(said));
  return earlier
    .filter(({ seenLeft }) => seenLeft === undefined)
    .flatMap(({ letter: old }): readonly LetterSight[] => {
      const gone = namesOf(old, site).filter((name) => !present.includes(name));
      const naming = (saids: readonly { readonly said: Said }[]): readonly number[] =>
        saids.flatMap(({ said }) =>
          said.kind === 'records' && said.mx.some(({ exchange }) => gone.includes(exchange)) ? [said.ttlSeconds] : [],
        );
      const ttls = [...naming(reachable), ...naming(resolvers)];
      const ttl = ttls.length === 0 ? {} : { ttlSeconds: Math.max(...ttls) };
      if (naming(reachable).length > 0) return [{ letter: old, sight: 'named', ...ttl }];
      return isWhole ? [{ letter: old, sight: 'omitted', ...ttl }] : [];
    });
}

/**
 * Whether an address says nothing of what others see. Nobody in the world can ask one that is private. One that only this machine has no way to, as without
 * IPv6, does not matter where its server was asked at another address; else others may hear the old records there.
 */
function isOutOfReach({ name, said }: ServerSaid, servers: readonly ServerSaid[]): boolean {
  if (said.kind !== 'silent' || !NOT_ASKED.has(said.fault)) return false;
  return (
    said.fault === 'forbidden' || servers.some((one) => one.name === name && !(one.said.kind === 'silent' && NOT_ASKED.has(one.said.fault)))
  );
}

/** Faults of this machine: no question went out. */
const NOT_ASKED: ReadonlySet<string> = new Set(['no-route', 'forbidden']);

/** Answers of servers that run and do not serve the zone. */
const NOT_SERVING: ReadonlySet<string> = new Set(['lame', 'refused']);

function isClear(said: Said): boolean {
  if (said.kind === 'silent') return NOT_SERVING.has(said.fault);
  return said.kind !== 'alias';
}

function namesOf(letter: Letter, site: SiteNames): readonly string[] {
  return hostsOf(letter, site.secondaryOf).map((host) => mxName(host, site.cluster).toLowerCase());
}

/** What records that stand on the server which takes changes show of letters that were chosen before: until now they were named there, with this TTL. */
export function sightsOfStanding(domain: Domain, { mx, ttlSeconds = 0 }: StandingMx, site: SiteNames): readonly LetterSight[] {
  const said: Said = { kind: 'records', mx: mx.map((one) => ({ ...one, exchange: one.exchange.toLowerCase() })), ttlSeconds };
  const server: ServerSaid = { name: domain.name, address: '', said, at: new Date(0) };
  // Other name servers were not asked.
  return sightsOf(domain, { servers: [server], complete: false, resolvers: [] }, site);
}

/** Looks at nothing but what bears on letters that were chosen before: every name server and the resolvers. Never rejects. */
export async function seeLetters(
  world: World,
  domain: Domain,
  site: SiteNames,
  now: () => Date,
): Promise<{ readonly at: Date; readonly sights: readonly LetterSight[] }> {
  const asked = await askAll(world, domain.name, now);
  return { at: now(), sights: sightsOf(domain, asked, site) };
}
