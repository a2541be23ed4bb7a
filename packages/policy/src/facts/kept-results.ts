import type { Dns } from '@vratny/dns';
import { KEPT_RESULTS_CHARS_MAX, KEPT_RESULTS_MAX } from '../limits.ts';

/**
 * A cache of evaluations that asked DNS, by all their other inputs. An entry is valid as long as the DNS answers that
 * it was made of.
 */
export interface KeptResults<V> {
  /** The result, while it is valid at `now`. */
  get(key: string, now: Date): V | undefined;
  /** Keeps a result for so many seconds; 0 keeps nothing. `chars` is the length of text from outside in it. */
  put(key: string, result: V, found: { readonly now: Date; readonly seconds: number; readonly chars: number }): void;
}

/**
 * Creates the cache for one kind of result, with separate entries for each DNS port. Bounded; the oldest entries are
 * dropped first.
 */
export function createKeptResults<V>(): (dns: Dns) => KeptResults<V> {
  const ofDns = new WeakMap<Dns, KeptResults<V>>();
  return (dns) => {
    const present = ofDns.get(dns);
    if (present !== undefined) return present;
    const made = keepResults<V>();
    ofDns.set(dns, made);
    return made;
  };
}

interface Kept<V> {
  readonly result: V;
  readonly from: number;
  readonly until: number;
  readonly chars: number;
}

function keepResults<V>(): KeptResults<V> {
  const results = new Map<string, Kept<V>>();
  let chars = 0;
  const drop = (key: string): void => {
    chars -= results.get(key)?.chars ?? 0;
    results.delete(key);
  };
  return {
    get(key, now) {
      const kept = results.get(key);
      if (kept === undefined) return undefined;
      const at = now.getTime();
      // A clock that was set back extends nothing.
      if (at >= kept.from && at < kept.until) return kept.result;
      drop(key);
      return undefined;
    },
    put(key, result, found) {
      drop(key);
      if (found.seconds <= 0) return;
      const from = found.now.getTime();
      const size = key.length + found.chars;
      results.set(key, { result, from, until: from + found.seconds * 1000, chars: size });
      chars += size;
      for (const oldest of results.keys()) {
        if (results.size <= KEPT_RESULTS_MAX && chars <= KEPT_RESULTS_CHARS_MAX) break;
        drop(oldest);
      }
    },
  };
}
