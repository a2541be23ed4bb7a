import { networkOfKey } from '../store.ts';

/** The keys of each client network, at most so many. */
export interface Networks {
  /** Adds one that has no entry yet, and returns those that have to go: they have ended, or end before all others of the network. */
  add(key: string, now: number): readonly string[];
  delete(key: string): void;
}

/** Part of a full network that goes at once, so that a flood does not search it for every sender. */
const SHARE = 10;

/** Makes an empty one. `endsAt` tells when an entry ends, undefined when it has. */
export function createNetworks(max: number, endsAt: (key: string, now: number) => number | undefined): Networks {
  const networks = new Map<string, Set<string>>();
  return {
    add(key, now) {
      const network = networkOfKey(key);
      const keys = networks.get(network) ?? new Set<string>();
      networks.set(network, keys);
      const spare = keys.size < max ? [] : soonest(keys, Math.max(1, Math.floor(max / SHARE)), (one) => endsAt(one, now) ?? 0);
      for (const one of spare) keys.delete(one);
      keys.add(key);
      return spare;
    },
    delete(key) {
      const network = networkOfKey(key);
      const keys = networks.get(network);
      keys?.delete(key);
      if (keys?.size === 0) networks.delete(network);
    },
  };
}

function soonest(keys: ReadonlySet<string>, count: number, endsAt: (key: string) => number): readonly string[] {
  const ends = [...keys].map((key) => [key, endsAt(key)] as const);
  return ends
    .sort(([, one], [, other]) => one - other)
    .slice(0, count)
    .map(([key]) => key);
}
