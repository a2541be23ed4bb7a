import type { AuthoritativeDns, Delegate, Dns } from '@vratny/dns';
import type { Cancellation } from '@vratny/waiting';
import { ADDRESSES_MAX, LABELS_MAX, NAME_SERVERS_MAX, PARENTS_ASKED_MAX } from './limits.ts';

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
export interface NameServer {
  readonly name: string;
  readonly address: string;
}

/** A zone and who serves it. */
export type FoundZone =
  | { readonly kind: 'found'; readonly zone: string; readonly servers: readonly NameServer[] }
  | { readonly kind: 'lost'; readonly why: string };

/**
 * Finds every name server of the zone that holds a domain: those that the zone itself names, and those to which the zone above delegates, since resolvers
 * ask both. Where resolvers cannot reach the zone the delegation alone says who should serve it.
 */
export async function findNameServers(world: World, domain: string): Promise<FoundZone> {
  const nearest = await findZone(world, domain);
  if (nearest.kind === 'lost') return nearest;
  if (nearest.broken) {
    const delegated = await askDelegation(world, nearest, domain);
    if (delegated !== undefined) return { kind: 'found', zone: delegated.zone, servers: await addressesOf(world, delegated.delegates) };
    return { kind: 'lost', why: nearest.why };
  }
  const above = parentOf(nearest.zone);
  const parent = above === undefined ? undefined : await findZone(world, above);
  const delegated = parent?.kind === 'zone' ? await askDelegation(world, parent, nearest.zone) : undefined;
  const names = nearest.names.map((name): Delegate => ({ name, addresses: [] }));
  const others = delegated?.zone === nearest.zone ? delegated.delegates : [];
  const servers = await addressesOf(world, joined(names, others));
  // A top-level domain holds no mail domain, so this one does not exist: two of its servers are enough to hear it.
  return { kind: 'found', zone: nearest.zone, servers: above === undefined ? servers.slice(0, PARENTS_ASKED_MAX) : servers };
}

/** The closest zone at or above a name that resolvers know. `broken`: they could not tell for a name below it. */
type Nearest =
  | { readonly kind: 'zone'; readonly zone: string; readonly names: readonly string[]; readonly broken: boolean; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string };

async function findZone(world: World, name: string): Promise<Nearest> {
  let why = 'no name servers';
  let broken = false;
  for (let at: string | undefined = name, labels = 0; at !== undefined && labels < LABELS_MAX; at = parentOf(at), labels += 1) {
    const answer = await world.dns.lookup(at, 'NS', { signal: world.signal });
    if (answer.kind === 'found') return { kind: 'zone', zone: at, names: answer.records.slice(0, NAME_SERVERS_MAX), broken, why };
    if (answer.kind !== 'fault') continue;
    if (!broken) why = answer.detail;
    broken = true;
  }
  return { kind: 'lost', why };
}

/** To whom the servers of a zone delegate what lies below it. Undefined: to nobody, or they do not answer. */
async function askDelegation(
  world: World,
  { zone, names }: { readonly zone: string; readonly names: readonly string[] },
  name: string,
): Promise<{ readonly zone: string; readonly delegates: readonly Delegate[] } | undefined> {
  const servers = await addressesOf(
    world,
    names.slice(0, PARENTS_ASKED_MAX).map((one) => ({ name: one, addresses: [] })),
  );
  for (const { address } of servers.slice(0, PARENTS_ASKED_MAX * 2)) {
    const answer = await world.authoritative.ask({ server: address, name, type: 'NS', zone }, { signal: world.signal });
    if (answer.kind === 'referral') return answer;
    if (answer.kind !== 'fault') return undefined;
  }
  return undefined;
}

/** Names of both lists once each, with the addresses of the second one. */
function joined(own: readonly Delegate[], delegated: readonly Delegate[]): readonly Delegate[] {
  const known = new Map([...own, ...delegated].map((one) => [one.name, one]));
  // Servers give their lists in another order each time.
  return [...known.values()].toSorted((a, b) => a.name.localeCompare(b.name)).slice(0, NAME_SERVERS_MAX);
}

/** The addresses of name servers, as resolvers know them, else as they came along with the delegation. The first of each name comes first. */
async function addressesOf(world: World, delegates: readonly Delegate[]): Promise<readonly NameServer[]> {
  const lists = await Promise.all(
    delegates.map(async ({ name, addresses }) => {
      const found = await findAddresses(world, name);
      return (found ?? addresses).map((address): NameServer => ({ name, address }));
    }),
  );
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const ordered = Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
  const once = new Map(ordered.map((one) => [one.address, one]));
  return [...once.values()].slice(0, ADDRESSES_MAX);
}

/** The addresses of a host; none when it has none; undefined when that cannot be told. */
export async function findAddresses({ dns, signal }: World, name: string): Promise<readonly string[] | undefined> {
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
