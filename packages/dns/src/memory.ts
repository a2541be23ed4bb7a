import type { Cancellation } from '@vratny/waiting';
import { followChain, type Step } from './chain.ts';
import { abortedAnswer, faultAnswer } from './fault.ts';
import { normaliseName, noSuchName } from './names.ts';
import type { Answer, Dns, DnsFault, Records, RecordType } from './port.ts';

/** A fault a name can be given. It is answered at once: tests do not wait for time-outs. */
export type MemoryFault = Exclude<DnsFault, 'aborted'>;

type SetsByType = { readonly [T in RecordType]?: readonly Records[T][] | MemoryFault };

/** What one name has: record sets by type (or a fault for that type alone), or a CNAME. */
export type MemoryRecordSets = SetsByType & {
  /** The name this one stands for; with it, the name has nothing else. */
  readonly CNAME?: string;
  /** Default 300. */
  readonly ttlSeconds?: number;
  /** Whether the answers carry the AD bit; default false. */
  readonly authentic?: boolean;
};

/** Names and what they have, or the fault that every question for the name gets. */
export type MemoryRecords = Readonly<Record<string, MemoryRecordSets | MemoryFault>>;

/** A question that was asked, with its name as compared (lower case, no final dot). */
export interface MemoryQuery {
  readonly name: string;
  readonly type: RecordType;
}

/** A `Dns` over plain data. */
export interface MemoryDns extends Dns {
  /** Every question so far, in order; CNAMEs followed are not counted. */
  readonly queries: readonly MemoryQuery[];
  /** Adds or replaces a name. */
  set(name: string, entry: MemoryRecordSets | MemoryFault): void;
  /** Takes a name away. */
  remove(name: string): void;
}

const TTL_SECONDS = 300;

/** DNS from plain data, for tests. Names not listed do not exist. Throws when a listed name is no domain name. */
export function createMemoryDns(records: MemoryRecords = {}): MemoryDns {
  const names = new Map<string, MemoryRecordSets | MemoryFault>();
  const queries: MemoryQuery[] = [];
  const set = (name: string, entry: MemoryRecordSets | MemoryFault): void => {
    const isAlias = typeof entry !== 'string' && entry.CNAME !== undefined;
    names.set(listedName(name), isAlias ? { ...entry, CNAME: listedName(entry.CNAME) } : entry);
  };
  for (const [name, entry] of Object.entries(records)) set(name, entry);
  return {
    queries,
    set,
    remove: (name) => void names.delete(listedName(name)),
    lookup<T extends RecordType>(
      written: string,
      type: T,
      options: { readonly signal?: Cancellation | undefined } = {},
    ): Answer<T> | Promise<Answer<T>> {
      if (options.signal?.aborted) return abortedAnswer;
      const name = normaliseName(written);
      if (name === undefined) return noSuchName;
      queries.push({ name, type });
      return followChain(name, (current) => answerFrom(names.get(current), current, type));
    },
  };
}

function answerFrom<T extends RecordType>(entry: MemoryRecordSets | MemoryFault | undefined, name: string, type: T): Step<T> {
  if (entry === undefined) return { kind: 'nxdomain', ttlSeconds: TTL_SECONDS, authentic: false };
  if (typeof entry === 'string') return faultAnswer(entry, `${name} is set to ${entry}`);
  const { ttlSeconds = TTL_SECONDS, authentic = false } = entry;
  if (entry.CNAME !== undefined) return { kind: 'alias', target: entry.CNAME, ttlSeconds, authentic };
  const sets: SetsByType = entry;
  const records: readonly Records[T][] | MemoryFault = sets[type] ?? [];
  if (typeof records === 'string') return faultAnswer(records, `${name} ${type} is set to ${records}`);
  return records.length > 0 ? { kind: 'found', records, ttlSeconds, authentic } : { kind: 'nodata', ttlSeconds, authentic };
}

function listedName(written: string): string {
  const name = normaliseName(written);
  if (name === undefined) throw new Error(`"${written}" is no domain name`);
  return name;
}
