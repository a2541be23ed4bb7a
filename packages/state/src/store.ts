/** What an adapter is asked: the port without checks, in milliseconds since 1970. {@link createState} makes a State of it. */
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
  /** Adds, and releases the lease of `release` in the same step. False, and nothing happens, when there would be too many. */
  record(
    key: string,
    mailboxes: readonly string[],
    span: { readonly now: number; readonly endsAt: number },
    release?: string,
  ): Answer<boolean>;
  drop(key: string): Answer<void>;
  /** Takes the lease: what the ledger says, or undefined when another owner has it. */
  take(key: string, owner: string, now: number, endsAt: number): Answer<readonly string[] | undefined>;
  release(key: string, owner: string): Answer<void>;
  beat(node: string, info: string, now: number): Answer<void>;
  nodes(now: number): Answer<readonly StoredBeat[]>;
  close(): Answer<void>;
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
