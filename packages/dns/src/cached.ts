import type { Cancellation } from '@vratny/waiting';
import { createAnswerStore } from './cached/answer-store.ts';
import { createFlights } from './cached/flights.ts';
import { abortedAnswer } from './fault.ts';
import { CACHE_ENTRIES_MAX, CACHE_NEGATIVE_TTL_MAX_SECONDS, CACHE_TTL_MAX_SECONDS } from './limits.ts';
import { normaliseName, noSuchName } from './names.ts';
import type { Answer, Dns, RecordType } from './port.ts';

/** How the cache keeps answers. */
export interface CacheOptions {
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /** Answers kept; the least recently used goes first. Default 50,000. */
  readonly maxEntries?: number;
  /** Default 86,400. */
  readonly maxTtlSeconds?: number;
  /** For NXDOMAIN and NODATA. Default 900. */
  readonly maxNegativeTtlSeconds?: number;
  /** How long a fault is kept. Default 0: the next question is asked at once. */
  readonly faultTtlSeconds?: number;
}

/** Counters since the start. */
export interface CacheStats {
  /** Answered from the cache, or by a question that was already under way. */
  readonly hits: number;
  /** Questions passed on. */
  readonly misses: number;
  /** Questions passed on that came back as a fault; given up by their callers is not counted. */
  readonly faults: number;
}

/** A `Dns` with a cache in front. */
export interface CachedDns extends Dns {
  stats(): CacheStats;
  /** The answer that is kept, if there is one: nobody is asked. */
  peek<T extends RecordType>(name: string, type: T): Answer<T> | undefined;
}

/**
 * Keeps answers of `inner` for their TTL, negative ones too (RFC 2308 §5). A kept answer reports the TTL that is left. Identical
 * questions under way are asked once; one caller's abort does not touch the others.
 */
export function createCachedDns(inner: Dns, options: CacheOptions): CachedDns {
  const store = createAnswerStore(options.now, options.maxEntries ?? CACHE_ENTRIES_MAX);
  const flights = createFlights(inner);
  const counts = { hits: 0, misses: 0, faults: 0 };

  const keep = (name: string, type: RecordType, answer: Answer<RecordType>): void => {
    if (answer.kind === 'fault' && answer.fault !== 'aborted') counts.faults += 1;
    store.put(name, type, answer, keptSeconds(answer, options));
  };

  const find = <T extends RecordType>(name: string, type: T): Answer<T> | undefined => {
    const kept = store.get(name, type);
    if (kept !== undefined) counts.hits += 1;
    return kept;
  };

  return {
    stats: () => ({ ...counts }),
    peek(written, type) {
      const name = normaliseName(written);
      return name === undefined ? noSuchName : find(name, type);
    },
    lookup<T extends RecordType>(
      written: string,
      type: T,
      { signal }: { readonly signal?: Cancellation | undefined } = {},
    ): Answer<T> | Promise<Answer<T>> {
      if (signal?.aborted) return abortedAnswer;
      const name = normaliseName(written);
      if (name === undefined) return noSuchName;
      const kept = find(name, type);
      if (kept !== undefined) return kept;
      const { answer, joined } = flights.join(name, type, signal, (landed) => keep(name, type, landed));
      counts[joined ? 'hits' : 'misses'] += 1;
      return answer;
    },
  };
}

function keptSeconds(answer: Answer<RecordType>, options: CacheOptions): number {
  switch (answer.kind) {
    case 'found':
      return Math.min(answer.ttlSeconds, options.maxTtlSeconds ?? CACHE_TTL_MAX_SECONDS);
    case 'nodata':
    case 'nxdomain':
      return Math.min(answer.ttlSeconds, options.maxNegativeTtlSeconds ?? CACHE_NEGATIVE_TTL_MAX_SECONDS);
    case 'fault':
      return answer.fault === 'aborted' ? 0 : (options.faultTtlSeconds ?? 0);
  }
}
