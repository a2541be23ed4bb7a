import { CACHE_OCTETS_MAX } from '../limits.ts';
import type { Answer, RecordType } from '../port.ts';

/** Answers by type and name, bounded by number and by size; the least recently used goes first. */
export interface AnswerStore {
  /** The answer with the TTL that is left, or undefined. */
  get<T extends RecordType>(name: string, type: T): Answer<T> | undefined;
  /** Keeps an answer for so many seconds; 0 keeps nothing. */
  put<T extends RecordType>(name: string, type: T, answer: Answer<T>, ttlSeconds: number): void;
}

interface Entry<T extends RecordType> {
  readonly answer: Answer<T>;
  readonly storedAt: number;
  readonly ttlSeconds: number;
  readonly octets: number;
}

type Shelves = { readonly [T in RecordType]: Map<string, Entry<T>> };

/** Makes an empty one. `now` is in milliseconds. */
export function createAnswerStore(now: () => number, maxEntries: number, maxOctets = CACHE_OCTETS_MAX): AnswerStore {
  // One map per type keeps each answer's type; the order of use over all of them stands in `used` (a Map keeps insertion order).
  const shelves: Shelves = { A: new Map(), AAAA: new Map(), MX: new Map(), TXT: new Map(), PTR: new Map(), NS: new Map(), TLSA: new Map() };
  const used = new Map<string, { readonly type: RecordType; readonly name: string }>();
  let octets = 0;

  const drop = (type: RecordType, name: string): void => {
    octets -= shelves[type].get(name)?.octets ?? 0;
    shelves[type].delete(name);
    used.delete(`${type} ${name}`);
  };

  return {
    get<T extends RecordType>(name: string, type: T): Answer<T> | undefined {
      const shelf: Shelves[T] = shelves[type];
      const entry: Entry<T> | undefined = shelf.get(name);
      if (entry === undefined) return undefined;
      // A clock that was set back must not make an answer live longer.
      const ageSeconds = Math.max(0, (now() - entry.storedAt) / 1000);
      if (ageSeconds >= entry.ttlSeconds) {
        drop(type, name);
        return undefined;
      }
      used.delete(`${type} ${name}`);
      used.set(`${type} ${name}`, { type, name });
      return entry.answer.kind === 'fault' ? entry.answer : { ...entry.answer, ttlSeconds: Math.floor(entry.ttlSeconds - ageSeconds) };
    },
    put<T extends RecordType>(name: string, type: T, answer: Answer<T>, ttlSeconds: number): void {
      drop(type, name);
      if (ttlSeconds <= 0) return;
      const shelf: Shelves[T] = shelves[type];
      const entry: Entry<T> = { answer, storedAt: now(), ttlSeconds, octets: roughOctets(name, answer) };
      shelf.set(name, entry);
      used.set(`${type} ${name}`, { type, name });
      octets += entry.octets;
      for (const oldest of used.values()) {
        if (used.size <= maxEntries && octets <= maxOctets) break;
        drop(oldest.type, oldest.name);
      }
    },
  };
}

/** What an answer takes in memory, roughly: only its order of magnitude matters. */
function roughOctets(name: string, answer: Answer<RecordType>): number {
  const fixed = 200 + 2 * name.length;
  if (answer.kind !== 'found') return fixed;
  return answer.records.reduce((sum, record) => sum + 64 + (typeof record === 'string' ? 2 * record.length : sizeOf(record)), fixed);
}

function sizeOf(record: { readonly exchange: string } | { readonly data: Uint8Array }): number {
  return 'exchange' in record ? 2 * record.exchange.length : record.data.length;
}
