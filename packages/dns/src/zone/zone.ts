import type { Records, RecordType } from '../port.ts';

/** The records of one type of one name. */
export interface RecordSet<T extends RecordType> {
  readonly records: readonly Records[T][];
  readonly ttlSeconds: number;
}

/** Record sets by type. */
export type RecordSets = { readonly [T in RecordType]?: RecordSet<T> };

/** What a zone file says of one name. NS records only make the name exist. */
export interface ZoneNode {
  readonly sets: RecordSets;
  readonly alias?: { readonly target: string; readonly ttlSeconds: number };
  /** TTL of negative answers, from the SOA record (RFC 2308 §5). With it, the file answers for everything below the name. */
  readonly negativeTtlSeconds?: number;
}

/** A zone file that was read. Names are normalised; a wildcard is the name with its `*`. */
export interface Zone {
  readonly names: ReadonlyMap<string, ZoneNode>;
  /** Names above listed ones that have no records themselves (RFC 4592 §2.2.2). */
  readonly emptyNames: ReadonlySet<string>;
}
