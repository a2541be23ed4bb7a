/**
 * What all nodes of a site must agree on. Every operation is atomic, takes `now`, and rejects with {@link StateFault}
 * when the answer cannot be had; after a fault it may or may not have happened. Callers bound their wait; an adapter
 * gives up by itself after {@link DEADLINE_MS}.
 *
 * Every span includes both of its ends: what ends at T still holds at T, and no longer a millisecond later.
 */
export interface State {
  readonly greylist: Greylist;
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly heartbeats: Heartbeats;
  /** Ends the connection or closes the file. Never rejects; every later operation is a fault. */
  close(): Promise<void>;
}

/** The two times of greylisting. */
export interface GreylistTimes {
  /** Milliseconds from the first contact until the sender passes. */
  readonly delayMs: number;
  /** Milliseconds for which it then passes. */
  readonly windowMs: number;
}

/**
 * The result of a contact. `first`: the key was unknown, and its waiting time begins. `early`: the waiting time is not
 * over; the contact neither restarts nor extends it. `passed`: the waiting time is over. `retryAfterMs` is the rest of
 * the waiting time, 0 when it is over.
 */
export interface Contact {
  readonly kind: 'first' | 'early' | 'passed';
  readonly retryAfterMs: number;
}

/** One known sender in a listing. */
export interface GreylistEntry {
  readonly key: string;
  /** From this time on it passes. */
  readonly opensAt: Date;
  /** From this time on it is unknown again. */
  readonly endsAt: Date;
}

/**
 * The senders that have made contact before. The caller makes the key of sender and client, at most {@link KEY_MAX}
 * octets. An entry begins with the first contact, passes from `first + delayMs` on, and ends at `first + delayMs +
 * windowMs` unless it is extended. The times are those of the first contact, so that the waiting time that the sender
 * was told stays true.
 *
 * The part of a key after its last space is the client's network. One network has a bounded number of entries (10,000
 * unless the adapter is given another bound); above it, the entries that end first are removed.
 */
export interface Greylist {
  firstSeen(key: string, now: Date, times: GreylistTimes): Promise<Contact>;
  /**
   * Called once for a transaction with accepted recipients: the end becomes `now + windowMs`, never earlier than it was. Does nothing for
   * a key that is unknown or still waits, so that a recipient that is exempt from greylisting does not end the waiting
   * time of the others.
   */
  extend(key: string, now: Date, times: Pick<GreylistTimes, 'windowMs'>): Promise<void>;
  /**
   * Entries whose key matches, ordered by key. If there are more than `limit`, it is not defined which ones are
   * returned. In a pattern `*` matches any text.
   */
  list(pattern: string, limit: number, now: Date): Promise<readonly GreylistEntry[]>;
  /** Removes the entries whose key matches; resolves with their number. */
  forget(pattern: string, now: Date): Promise<number>;
}

/**
 * Counts over a span that begins with the first hit and ends `windowMs` later; the next hit after that begins a new
 * one.
 */
export interface Counters {
  /** Adds one; resolves with the new count. */
  hit(name: string, now: Date, windowMs: number): Promise<number>;
  /** The count, without adding to it; 0 when there is none. */
  count(name: string, now: Date): Promise<number>;
}

/** The mailboxes that have a message already, where it was stored for some recipients and not for others. */
export interface Ledger {
  /** The mailboxes noted for a key, ordered; empty when there are none. */
  read(key: string, now: Date): Promise<readonly string[]>;
  /**
   * Adds mailboxes to those of the entry; the whole entry then ends `ttlMs` from now. At most {@link
   * LEDGER_MAILBOXES_MAX} in all.
   */
  add(key: string, mailboxes: readonly string[], now: Date, ttlMs: number): Promise<void>;
  /**
   * Removes these mailboxes and no others; an entry without mailboxes is removed. Recipients are acknowledged one at a
   * time, so the others must stay noted. Mailboxes that are not in the entry are ignored.
   */
  drop(key: string, mailboxes: readonly string[]): Promise<void>;
}

/**
 * The result of beginning an attempt: `begun`, with the mailboxes that have the message already, or `busy`, because
 * another attempt has the lease.
 *
 * `unfinished`: the end of an earlier attempt is not known. It took this lease and neither finished nor released it
 * before the lease ended (its process died, or hangs), or it finished in doubt. A store may have the message although
 * the ledger does not contain its mailbox. `since` is then the owner of the first such attempt: it distinguishes these
 * attempts from those for an equal message that was sent and finished before.
 */
export type Beginning =
  | { readonly kind: 'begun'; readonly mailboxes: readonly string[]; readonly unfinished: boolean; readonly since?: string }
  | { readonly kind: 'busy' };

/**
 * Prevents two attempts at one message from running at the same time. The owner names the attempt and must be unique:
 * an owner that takes its own lease extends it. {@link Lease.begin} takes the lease and reads the ledger, {@link
 * Lease.finish} writes the ledger and ends the lease, in one atomic round trip each.
 *
 * A lease that its owner neither finished nor released can be taken by any owner after its end, and is remembered for
 * {@link LEASE_REMEMBERED_MS}: the next owner within that time gets `unfinished`. This mark belongs to the message, not
 * to an owner: it passes from owner to owner until one finishes without doubt, or until the lease was not taken for
 * that time. An owner that takes its own lease again, even after its end, sets no mark.
 */
export interface Lease {
  /**
   * Releases the lease: this attempt has stored nothing. Does nothing when another owner has it. The mark of an earlier
   * attempt stays, because an attempt that stored nothing does not settle how the earlier one ended; it stays as long
   * as if this lease had run to its end.
   */
  release(key: string, owner: string): Promise<void>;
  /** Takes the lease for `ttlMs`, unless another owner has it, and reads the ledger entry of the same key. */
  begin(key: string, owner: string, now: Date, ttlMs: number): Promise<Beginning>;
  /**
   * Adds to the ledger entry of the same key, which then ends `ttlMs` from now, and ends the lease. The ledger is
   * written even when the lease was lost: the mail is stored. The lease ends also when the entry would exceed its
   * bound, which is a fault, so that no other attempt waits for it.
   *
   * Without `inDoubt` the owner knows whether the store has the message, so the mark is removed with the lease. An
   * owner whose lease has ended is still the owner until another one takes it. With `inDoubt` a store may have the
   * message: another attempt may take the lease at once, and gets `unfinished`. Doubt is noted even when the lease was
   * lost: the lease of the present owner is marked, and does not end.
   */
  finish(key: string, owner: string, mailboxes: readonly string[], now: Date, ttlMs: number, inDoubt?: boolean): Promise<void>;
}

/** What a node reports about itself. */
export type NodeInfo = Readonly<Record<string, string | number>>;

/** A node's last beat. */
export interface NodeBeat {
  readonly node: string;
  readonly info: NodeInfo;
  readonly seenAt: Date;
}

/** Which nodes there are. */
export interface Heartbeats {
  /** Records that a node is running. `info` is at most {@link NODE_INFO_MAX} octets as JSON. */
  beat(node: string, info: NodeInfo, now: Date): Promise<void>;
  /**
   * The last beat of every node within {@link NODE_KEPT_MS}, ordered by name. The caller decides which nodes have been
   * silent for too long.
   */
  nodes(now: Date): Promise<readonly NodeBeat[]>;
}

/**
 * Shared state did not answer in time, or its answer was not valid. The message is for the log, not for clients.
 */
export class StateFault extends Error {
  override readonly name = 'StateFault';
}
