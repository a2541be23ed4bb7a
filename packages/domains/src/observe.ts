import type { Answer, ServerAnswer } from '@vratny/dns';
import { EXCHANGES_MAX } from './limits.ts';
import type { ExchangeSaid, Look, ResolverSaid, Said, ServerSaid, TlsaSaid } from './look.ts';
import { findAddresses, findNameServers, type NameServer, type Resolver, type World } from './name-servers.ts';
import { tlsaName, type Wanted } from './wanted.ts';

/**
 * Looks at what the world's DNS says of a domain: every address of every name server, each resolver, and the addresses of the hosts that MX records name.
 * Never rejects; what could not be found out is part of the look. Bounded by the deadlines of the ports.
 */
export async function observe(world: World, wanted: Wanted, now: () => Date): Promise<Look> {
  const { domain } = wanted;
  const [found, tlsa, resolvers] = await Promise.all([
    findNameServers(world, domain),
    Promise.all(wanted.mx.map(({ exchange }) => askTlsa(world, exchange))),
    Promise.all(world.resolvers.map((resolver) => askResolver(world, resolver, domain))),
  ]);
  const zone = found.kind === 'found' ? found.zone : undefined;
  const servers =
    found.kind === 'found'
      ? await Promise.all(found.servers.map((server) => askServer(world, server, { domain, zone: found.zone, now })))
      : [];
  const exchanges = await askExchanges(world, wanted, { servers, resolvers, zone });
  return { at: now(), domain, zone, ...(found.kind === 'lost' ? { trouble: found.why } : {}), servers, resolvers, exchanges, tlsa };
}

async function askServer(
  { authoritative, signal }: World,
  { name, address }: NameServer,
  { domain, zone, now }: { readonly domain: string; readonly zone: string; readonly now: () => Date },
): Promise<ServerSaid> {
  const answer = await authoritative.ask({ server: address, name: domain, type: 'MX', zone }, { signal });
  return { name, address, said: saidByServer(answer), at: now() };
}

function saidByServer(answer: ServerAnswer<'MX'>): Said {
  switch (answer.kind) {
    case 'found':
      return { kind: 'records', mx: answer.records, ttlSeconds: answer.ttlSeconds };
    case 'nodata':
    case 'nxdomain':
      return { kind: 'none', exists: answer.kind === 'nodata', ttlSeconds: answer.ttlSeconds };
    case 'alias':
      return answer;
    case 'referral':
      return { kind: 'silent', fault: 'lame', detail: `it refers to other servers for ${answer.zone}` };
    case 'fault':
      return { kind: 'silent', fault: answer.fault, detail: answer.detail };
  }
}

async function askResolver({ signal }: World, { label, dns, unchecked }: Resolver, domain: string): Promise<ResolverSaid> {
  const answer = await dns.lookup(domain, 'MX', { signal });
  const bogus =
    answer.kind === 'fault' && answer.fault === 'servfail' && (await unchecked.lookup(domain, 'MX', { signal })).kind !== 'fault';
  return { label, said: saidByResolver(answer), bogus };
}

function saidByResolver(answer: Answer<'MX'>): Said {
  if (answer.kind === 'found') return { kind: 'records', mx: answer.records, ttlSeconds: answer.ttlSeconds };
  if (answer.kind === 'fault') return { kind: 'silent', fault: answer.fault, detail: answer.detail };
  return { kind: 'none', exists: answer.kind === 'nodata', ttlSeconds: answer.ttlSeconds };
}

interface Asked {
  readonly servers: readonly ServerSaid[];
  readonly resolvers: readonly ResolverSaid[];
  readonly zone: string | undefined;
}

/** Looks up the hosts that are wanted and those that anybody named. */
function askExchanges(world: World, wanted: Wanted, asked: Asked): Promise<readonly ExchangeSaid[]> {
  const named = [...asked.servers, ...asked.resolvers].flatMap(({ said }) => (said.kind === 'records' ? said.mx : []));
  const names = new Set([...wanted.mx, ...named].map(({ exchange }) => exchange).filter((name) => name !== ''));
  return Promise.all(
    [...names].slice(0, EXCHANGES_MAX).map(async (name): Promise<ExchangeSaid> => {
      const alias = wanted.ours.has(name) ? undefined : await findAlias(world, name, asked);
      return { name, addresses: await findAddresses(world, name), ...(alias === undefined ? {} : { alias }) };
    }),
  );
}

/** What a host's CNAME record leads to: resolvers follow it without a word, so a server that has its zone is asked. */
async function findAlias(world: World, name: string, { servers, zone }: Asked): Promise<string | undefined> {
  const inZone = zone !== undefined && name.endsWith(`.${zone}`);
  const found = inZone
    ? { kind: 'found' as const, zone, servers: servers.filter(({ said }) => said.kind !== 'silent') }
    : await findNameServers(world, name);
  if (found.kind === 'lost') return undefined;
  for (const { address } of found.servers.slice(0, 2)) {
    const answer = await world.authoritative.ask({ server: address, name, type: 'A', zone: found.zone }, { signal: world.signal });
    if (answer.kind === 'alias') return answer.target;
    if (answer.kind !== 'fault') return undefined;
  }
  return undefined;
}

async function askTlsa({ dns, signal }: World, exchange: string): Promise<TlsaSaid> {
  const answer = await dns.lookup(tlsaName(exchange), 'TLSA', { signal });
  if (answer.kind === 'fault') return { exchange, records: undefined, authentic: false };
  return { exchange, records: answer.kind === 'found' ? answer.records : [], authentic: answer.authentic };
}
