import { KNOWN_FRESH_MS, KNOWN_MAX } from '../limits.ts';
import type { Domain } from '../port.ts';
import type { Source } from '../source/gather.ts';
import type { Entry, Rows } from '../store.ts';

/** What a process was told by a source. It may say that somebody is known, and that somebody is not only while it `isFresh`. */
export interface Known {
  /** Whether a domain that it does not know is not ours: else nothing is sent on by what it says. */
  readonly knowsDomains: boolean;
  /**
   * Works on what is known; what is not counts as absent. `certain`: nothing else was needed, and all of it was told lately, so that an address which it takes
   * is taken. `isFresh`: all of it, also that something is absent, is what the source said within the last seconds.
   */
  read<T>(work: (rows: Rows) => Promise<T>): Promise<Recalled<T>>;
  /** The same source, whose answers are remembered. */
  learnFrom(source: Source): Source;
}

/** What was found in what is known. */
export interface Recalled<T> {
  readonly found: T;
  readonly certain: boolean;
  readonly isFresh: () => boolean;
}

interface Told<T> {
  readonly value: T;
  readonly atMs: number;
}

/** A memory of so many domains and addresses as fit; the oldest go first. */
export function createMemoryKnown(monotonicMs: () => number): Known {
  const domains = new Map<string, Told<Domain>>();
  const entries = new Map<string, Told<Entry>>();
  return {
    knowsDomains: false,
    read: async (work) => {
      let certain = true;
      const now = monotonicMs();
      const recall = <T>(told: Told<T> | undefined): T | undefined => {
        if (told === undefined || now - told.atMs > KNOWN_FRESH_MS) certain = false;
        return told?.value;
      };
      const found = await work({
        findDomain: (name) => recall(domains.get(name)),
        findEntry: (address) => recall(entries.get(address)),
        hasDomains: () => true,
        listStores: async () => [],
      });
      return { found, certain, isFresh: () => false };
    },
    learnFrom: (source) => ({
      ...source,
      findDomains: async (names) => learn(domains, names, await source.findDomains(names), monotonicMs()),
      findEntries: async (addresses) => learn(entries, addresses, await source.findEntries(addresses), monotonicMs()),
    }),
  };
}

function learn<T>(
  known: Map<string, Told<T>>,
  asked: readonly string[],
  found: ReadonlyMap<string, T>,
  atMs: number,
): ReadonlyMap<string, T> {
  for (const name of asked) {
    const value = found.get(name);
    // Again at the end, where the newest are.
    known.delete(name);
    if (value !== undefined) known.set(name, { value, atMs });
  }
  for (const name of known.keys()) {
    if (known.size <= KNOWN_MAX) break;
    known.delete(name);
  }
  return found;
}
