import { createState } from './create-state.ts';
import { LEASE_REMEMBERED_MS, LEDGER_MAILBOXES_MAX, MEMORY_ENTRIES_MAX, NETWORK_ENTRIES_MAX, NODE_KEPT_MS, NODES_MAX } from './limits.ts';
import { type BoundedEntries, createBoundedEntries } from './memory/bounded-entries.ts';
import { createNetworks } from './memory/networks.ts';
import type { State } from './port.ts';
import type { KeySpan, LeaseEnding, Pattern, Span, Store } from './store.ts';

/**
 * State of this process alone, for tests and for a site of one process. `entriesMax` bounds each kind of entry; the
 * oldest go first.
 */
export function createMemoryState(options: { readonly entriesMax?: number; readonly networkEntriesMax?: number } = {}): State {
  const { entriesMax = MEMORY_ENTRIES_MAX, networkEntriesMax = NETWORK_ENTRIES_MAX } = options;
  return createState(createMemoryStore(entriesMax, networkEntriesMax), 'in memory');
}

interface Count {
  readonly hits: number;
  readonly endsAt: number;
}

interface Beat {
  readonly info: string;
  readonly seenAt: number;
  readonly endsAt: number;
}

/** Everything in maps of this process. Each operation runs without a pause, so each is atomic. */
function createMemoryStore(max: number, networkEntriesMax: number): Store {
  return {
    ...createSenders(max, networkEntriesMax),
    ...createCounts(max),
    ...createDeliveries(max),
    ...createBeats(),
    close: () => undefined,
  };
}

function createSenders(max: number, networkEntriesMax: number): Pick<Store, 'contact' | 'extend' | 'list' | 'forget'> {
  const networks = createNetworks(networkEntriesMax, (key, now) => senders.get(key, now)?.endsAt);
  const senders = createBoundedEntries<Span>(max, (key) => networks.delete(key));
  const find = (pattern: Pattern, limit: number, now: number): readonly KeySpan[] => {
    const found: KeySpan[] = [];
    for (const [key, span] of senders.living(now)) {
      if (found.length >= limit) break;
      if (pattern.matches(key)) found.push({ key, ...span });
    }
    return found;
  };
  return {
    contact: (key, now, fresh) => {
      const known = senders.get(key, now);
      if (known !== undefined) return { first: false, opensAt: known.opensAt };
      for (const spare of networks.add(key, now)) senders.delete(spare);
      senders.set(key, fresh);
      return { first: true, opensAt: fresh.opensAt };
    },
    extend: (key, now, endsAt) => {
      const known = senders.get(key, now);
      if (known !== undefined && known.opensAt <= now && known.endsAt < endsAt) senders.set(key, { opensAt: known.opensAt, endsAt });
    },
    list: find,
    forget: (pattern, now) => {
      const found = find(pattern, Number.POSITIVE_INFINITY, now);
      for (const { key } of found) senders.delete(key);
      return found.length;
    },
  };
}

function createCounts(max: number): Pick<Store, 'hit' | 'count'> {
  const counts = createBoundedEntries<Count>(max);
  return {
    hit: (name, now, endsAt) => {
      const known = counts.get(name, now) ?? { hits: 0, endsAt };
      const hits = known.hits + 1;
      counts.set(name, { hits, endsAt: known.endsAt });
      return hits;
    },
    count: (name, now) => counts.get(name, now)?.hits ?? 0,
  };
}

function createBeats(): Pick<Store, 'beat' | 'nodes'> {
  const beats = createBoundedEntries<Beat>(NODES_MAX);
  return {
    beat: (node, info, now) => beats.set(node, { info, seenAt: now, endsAt: now + NODE_KEPT_MS }),
    nodes: (now) => [...beats.living(now)].map(([node, { info, seenAt }]) => ({ node, info, seenAt })),
  };
}

interface LedgerEntry {
  readonly mailboxes: ReadonlySet<string>;
  readonly endsAt: number;
}

interface Holding {
  /** Undefined when nobody has it, and only its mark is left. */
  readonly owner: string | undefined;
  readonly heldUntil: number;
  /** The first of the earlier attempts of which it is not known how they ended. */
  readonly since: string | undefined;
  /** Forgotten after this. */
  readonly endsAt: number;
}

/** The ledger and the lease: which mailboxes have a message, and which attempt is delivering it. */
function createDeliveries(max: number): Pick<Store, 'readLedger' | 'record' | 'drop' | 'take' | 'release'> {
  const ledger = createBoundedEntries<LedgerEntry>(max);
  const leases = createBoundedEntries<Holding>(max);
  const readLedger = (key: string, now: number) => [...(ledger.get(key, now)?.mailboxes ?? [])];
  return {
    readLedger,
    record: (key, mailboxes, { now, endsAt }, ending) => {
      if (ending !== undefined) end(leases, key, now, ending);
      const all = new Set([...readLedger(key, now), ...mailboxes]);
      if (all.size > LEDGER_MAILBOXES_MAX) return false;
      if (all.size > 0) ledger.set(key, { mailboxes: all, endsAt });
      return true;
    },
    drop: (key, mailboxes) => {
      const known = ledger.get(key, Number.NEGATIVE_INFINITY);
      if (known === undefined) return;
      const left = new Set([...known.mailboxes].filter((mailbox) => !mailboxes.includes(mailbox)));
      if (left.size > 0) ledger.set(key, { mailboxes: left, endsAt: known.endsAt });
      else ledger.delete(key);
    },
    take: (key, owner, now, endsAt) => {
      const known = leases.get(key, now);
      if (known !== undefined && known.owner !== owner && holds(known, now)) return undefined;
      // Another owner's lease that is still there ended without a word; a mark without an owner is one.
      const since = known === undefined ? undefined : unresolvedBefore(known, owner);
      leases.set(key, { owner, heldUntil: endsAt, since, endsAt: endsAt + LEASE_REMEMBERED_MS });
      return { mailboxes: readLedger(key, now), since };
    },
    release: (key, owner) => {
      const known = leases.get(key, Number.NEGATIVE_INFINITY);
      if (known?.owner !== owner) return;
      if (known.since !== undefined) leases.set(key, { ...known, owner: undefined });
      else leases.delete(key);
    },
  };
}

function holds(holding: Holding, now: number): boolean {
  return holding.owner !== undefined && holding.heldUntil >= now;
}

function end(leases: BoundedEntries<Holding>, key: string, now: number, { owner, inDoubt }: LeaseEnding): void {
  const known = leases.get(key, now);
  if (!inDoubt) {
    if (known?.owner === owner) leases.delete(key);
    return;
  }
  if (known !== undefined && known.owner !== owner && holds(known, now)) {
    leases.set(key, { ...known, since: known.since ?? owner });
    return;
  }
  const since = (known === undefined ? undefined : unresolvedBefore(known, owner)) ?? owner;
  leases.set(key, { owner: undefined, heldUntil: now, since, endsAt: now + LEASE_REMEMBERED_MS });
}

/** The first attempt before this owner's that is not resolved. Who held a lease that is over ended without a word. */
function unresolvedBefore(known: Holding, owner: string): string | undefined {
  return known.since ?? (known.owner === owner ? undefined : known.owner);
}
