/**
 * What an adapter is asked: the port without checks, in milliseconds since 1970. {@link createState} makes a State of
 * it.
 */
export interface Store {
  /** The entry of this key that lives at `now`, or a new one with these times; `first` says which. */
  contact(key: string, now: number, fresh: Span): Answer<{ readonly first: boolean; readonly opensAt: number }>;
  /** Moves the end of an entry that is open at `now`, if that is later. */
  extend(key: string, now: number, endsAt: number): Answer<void>;
  list(pattern: Pattern, limit: number, now: number): Answer<readonly KeySpan[]>;
  forget(pattern: Pattern, now: number): Answer<number>;
  hit(name: string, now: number, endsAt: number): Answer<number>;
  count(name: string, now: number): Answer<number>;
  readLedger(key: string, now: number): Answer<readonly string[]>;
  /**
   * Adds, and ends the lease as `ending` says in the same step. False, and nothing is added, when there would be too
   * many.
   */
  record(
    key: string,
    mailboxes: readonly string[],
    span: { readonly now: number; readonly endsAt: number },
    ending?: LeaseEnding,
  ): Answer<boolean>;
  /** Forgets these; the entry goes with its last one. */
  drop(key: string, mailboxes: readonly string[]): Answer<void>;
  /** Takes the lease; undefined when another owner has it. */
  take(key: string, owner: string, now: number, endsAt: number): Answer<Taken | undefined>;
  release(key: string, owner: string): Answer<void>;
  beat(node: string, info: string, now: number): Answer<void>;
  nodes(now: number): Answer<readonly StoredBeat[]>;
  close(): Answer<void>;
}

/** How an owner ends its lease. */
export interface LeaseEnding {
  readonly owner: string;
  readonly inDoubt: boolean;
}

/**
 * What an owner learns that took a lease: what the ledger says, and the first of the earlier attempts that are
 * unfinished, if any is.
 */
export interface Taken {
  readonly mailboxes: readonly string[];
  readonly since: string | undefined;
}

/** Some stores know at once. */
export type Answer<T> = T | Promise<T>;

/** When an entry lets through, and when it ends. */
export interface Span {
  readonly opensAt: number;
  readonly endsAt: number;
}

/** A span and whose it is. */
export interface KeySpan extends Span {
  readonly key: string;
}

/** A beat as it is kept. */
export interface StoredBeat {
  readonly node: string;
  /** JSON. */
  readonly info: string;
  readonly seenAt: number;
}

/** A compiled pattern; with `exact` it is one key. */
export interface Pattern {
  readonly exact: string | undefined;
  matches(key: string): boolean;
}

/** The client's network in a key of the greylist: the part after its last space, or the whole key when it has none. */
export function networkOfKey(key: string): string {
  return key.slice(key.lastIndexOf(' ') + 1);
}
