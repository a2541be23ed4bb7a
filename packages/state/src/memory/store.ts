import { NODE_KEPT_MS, NODES_MAX } from '../limits.ts';
import type { KeySpan, Pattern, Span, Store } from '../store.ts';
import { createBoundedEntries } from './bounded-entries.ts';
import { createDeliveries } from './deliveries.ts';

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
export function createMemoryStore(max: number): Store {
  return { ...createSenders(max), ...createCounts(max), ...createDeliveries(max), ...createBeats(), close: () => undefined };
}

function createSenders(max: number): Pick<Store, 'contact' | 'extend' | 'list' | 'forget'> {
  const senders = createBoundedEntries<Span>(max);
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
