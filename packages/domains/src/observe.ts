import type { Answer, AuthoritativeDns, Delegate, Dns, ServerAnswer } from '@vratny/dns';
import type { Cancellation } from '@vratny/waiting';
import { ADDRESSES_MAX, EXCHANGES_MAX, LABELS_MAX, NAME_SERVERS_MAX, PARENTS_ASKED_MAX } from './limits.ts';
import type { ExchangeSaid, Look, ResolverSaid, Said, ServerSaid, TlsaSaid } from './look.ts';
import { tlsaName, type Wanted } from './wanted.ts';

/** A resolver that is asked. */
export interface Resolver {
  /** For people: its address. */
  readonly label: string;
  readonly dns: Dns;
  /** The same one, asked not to check DNSSEC. */
  readonly unchecked: Dns;
}

/** Who is asked about the world. */
export interface World {
  readonly authoritative: AuthoritativeDns;
  /** Finds name servers and addresses: all resolvers of the site together, so that one that is away costs little. */
  readonly dns: Dns;
  /** Each is asked what it says of the domain. */
  readonly resolvers: readonly Resolver[];
  readonly signal?: Cancellation | undefined;
}

/** One address of a name server. */
interface NameServer {
  readonly name: string;
  readonly address: string;
}

/**
 * Looks at what the world's DNS says of a domain: every address of every name server, each resolver, and the addresses of the hosts that MX records name.
 * Never rejects; what could not be found out is part of the look. Bounded by the deadlines of the ports.
 */
export async function observe(world: World, wanted: Wanted, now: () => Date): Promise<Look> {
  const { domain } = wanted;
  const [asked, tlsa] = await Promise.all([
    askAll(world, domain, now),
    Promise.all(wanted.mx.map(({ exchange }) => askTlsa(world, exchange))),
  ]);
  const exchanges = await askExchanges(world, wanted, asked);
  return { at: now(), domain, ...asked, exchanges, tlsa };
}

/** Asks every name server and each resolver for the MX records of a domain. Never rejects. */
export async function askAll(
  world: World,
  domain: string,
  now: () => Date,
): Promise<Pick<Look, 'zone' | 'trouble' | 'servers' | 'complete' | 'resolvers'>> {
  const [found, resolvers] = await Promise.all([
    findNameServers(world, domain),
    Promise.all(world.resolvers.map((resolver) => askResolver(world, resolver, domain))),
  ]);
  if (found.kind === 'lost') return { zone: undefined, trouble: found.why, servers: [], complete: false, resolvers };
  const { zone, complete } = found;
  const servers = await Promise.all(found.servers.map((server) => askServer(world, server, { domain, zone, now })));
  return { zone, servers, complete, resolvers };
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

/** Addresses of name servers. `complete`: they are those of every name, as far as it has any. */
interface NameServers {
  readonly servers: readonly NameServer[];
  readonly complete: boolean;
}

/** A zone and who serves it. `complete`: no name server is left out. */
type FoundZone = ({ readonly kind: 'found'; readonly zone: string } & NameServers) | { readonly kind: 'lost'; readonly why: string };

/**
 * Finds every name server of the zone that holds a domain: those that the zone itself names, and those to which the zone above delegates, since resolvers
 * ask both. Where resolvers cannot reach the zone the delegation alone says who should serve it.
 */
async function findNameServers(world: World, domain: string): Promise<FoundZone> {
  const nearest = await findZone(world, domain);
  if (nearest.kind === 'lost') return nearest;
  if (nearest.broken) {
    const delegated = await askDelegation(world, nearest, domain);
    if (delegated.kind !== 'referral') return { kind: 'lost', why: nearest.why };
    const { servers } = await addressesOf(world, joined([], delegated.delegates).servers);
    // The zone may name others than the zone above does.
    return { kind: 'found', zone: delegated.zone, servers, complete: false };
  }
  const names = nearest.names.map((name): Delegate => ({ name, addresses: [] }));
  const above = parentOf(nearest.zone);
  if (above === undefined) {
    const { servers } = await addressesOf(world, joined(names, []).servers);
    // A top-level domain holds no mail domain, so this one does not exist: two of its servers are enough to hear it.
    return { kind: 'found', zone: nearest.zone, servers: servers.slice(0, PARENTS_ASKED_MAX), complete: servers.length > 0 };
  }
  const delegated = await findDelegation(world, above, nearest.zone);
  const all = joined(names, delegated ?? []);
  const { servers, complete } = await addressesOf(world, all.servers);
  return { kind: 'found', zone: nearest.zone, servers, complete: complete && all.complete && delegated !== undefined };
}

/** To whom the zone above delegates a zone; nobody where there is no zone above. Undefined: that cannot be told. */
async function findDelegation(world: World, above: string, zone: string): Promise<readonly Delegate[] | undefined> {
  const parent = await findZone(world, above);
  if (parent.kind === 'lost') return parent.broken ? undefined : [];
  const delegated = await askDelegation(world, parent, zone);
  if (delegated.kind === 'none') return [];
  return delegated.kind === 'referral' && delegated.zone === zone ? delegated.delegates : undefined;
}

/** The closest zone at or above a name that resolvers know. `broken`: they could not tell for a name below it. */
type Nearest =
  | { readonly kind: 'zone'; readonly zone: string; readonly names: readonly string[]; readonly broken: boolean; readonly why: string }
  | { readonly kind: 'lost'; readonly broken: boolean; readonly why: string };

async function findZone(world: World, name: string): Promise<Nearest> {
  let why = 'no name servers';
  let broken = false;
  for (let at: string | undefined = name, labels = 0; at !== undefined && labels < LABELS_MAX; at = parentOf(at), labels += 1) {
    const answer = await world.dns.lookup(at, 'NS', { signal: world.signal });
    if (answer.kind === 'found') return { kind: 'zone', zone: at, names: answer.records, broken, why };
    if (answer.kind !== 'fault') continue;
    if (!broken) why = answer.detail;
    broken = true;
  }
  return { kind: 'lost', broken, why };
}

/** To whom the servers of a zone delegate what lies below it: `none`, to nobody; `unknown`, they do not answer. */
type Delegation =
  | { readonly kind: 'referral'; readonly zone: string; readonly delegates: readonly Delegate[] }
  | { readonly kind: 'none' | 'unknown' };

async function askDelegation(
  world: World,
  { zone, names }: { readonly zone: string; readonly names: readonly string[] },
  name: string,
): Promise<Delegation> {
  const { servers } = await addressesOf(
    world,
    names.slice(0, PARENTS_ASKED_MAX).map((one) => ({ name: one, addresses: [] })),
  );
  for (const { address } of servers.slice(0, PARENTS_ASKED_MAX * 2)) {
    const answer = await world.authoritative.ask({ server: address, name, type: 'NS', zone }, { signal: world.signal });
    if (answer.kind === 'referral') return answer;
    if (answer.kind !== 'fault') return { kind: 'none' };
  }
  return { kind: 'unknown' };
}

/** Names of both lists once each, with the addresses of the second one. Bounded: `complete` unless some are left out. */
function joined(
  own: readonly Delegate[],
  delegated: readonly Delegate[],
): { readonly servers: readonly Delegate[]; readonly complete: boolean } {
  const known = new Map([...own, ...delegated].map((one) => [one.name, one]));
  // Servers give their lists in another order each time.
  const sorted = [...known.values()].toSorted((a, b) => a.name.localeCompare(b.name));
  return { servers: sorted.slice(0, NAME_SERVERS_MAX), complete: sorted.length <= NAME_SERVERS_MAX };
}

/**
 * The addresses of name servers, as resolvers know them, else as they came along with the delegation. The first of each name comes first. Complete unless those of a name
 * cannot be told, or there are too many.
 */
async function addressesOf(world: World, delegates: readonly Delegate[]): Promise<NameServers> {
  const lists = await Promise.all(
    delegates.map(async ({ name, addresses: glue }) => {
      const found = await findAddresses(world, name);
      const addresses = found === undefined || found.length === 0 ? glue : found;
      return { known: found !== undefined || glue.length > 0, servers: addresses.map((address): NameServer => ({ name, address })) };
    }),
  );
  const longest = Math.max(0, ...lists.map(({ servers }) => servers.length));
  const ordered = Array.from({ length: longest }, (_, index) => lists.flatMap(({ servers }) => servers.slice(index, index + 1))).flat();
  const once = [...new Map(ordered.map((one) => [one.address, one])).values()];
  return { servers: once.slice(0, ADDRESSES_MAX), complete: once.length <= ADDRESSES_MAX && lists.every(({ known }) => known) };
}

/** The addresses of a host; none when it has none; undefined when that cannot be told. */
async function findAddresses({ dns, signal }: World, name: string): Promise<readonly string[] | undefined> {
  const [v4, v6] = await Promise.all([dns.lookup(name, 'A', { signal }), dns.lookup(name, 'AAAA', { signal })]);
  const found = [...(v4.kind === 'found' ? v4.records : []), ...(v6.kind === 'found' ? v6.records : [])];
  if (found.length > 0) return found;
  return v4.kind === 'fault' || v6.kind === 'fault' ? undefined : [];
}

/** The name above; undefined above a top-level domain: the root holds no mail domains. */
function parentOf(name: string): string | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : name.slice(dot + 1);
}
