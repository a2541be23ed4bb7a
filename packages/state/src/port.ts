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
  /** From the first contact until the sender is let through. */
  readonly delayMs: number;
  /** How long it is then let through. */
  readonly windowMs: number;
}

/**
 * What a contact came to. `first`: nobody knew this key, and its waiting begins now. `early`: it waits still; coming
 * early neither restarts nor extends anything. `passed`: it has waited. `retryAfterMs` is how long it still has to
 * wait, 0 when it passed.
 */
export interface Contact {
  readonly kind: 'first' | 'early' | 'passed';
  readonly retryAfterMs: number;
}

/** One known sender, as listings show it. */
export interface GreylistEntry {
  readonly key: string;
  /** From here on it is let through. */
  readonly opensAt: Date;
  /** After this it is unknown again. */
  readonly endsAt: Date;
}

/**
 * Who has called before. A key is the caller's: sender and client, in one string of at most {@link KEY_MAX} octets. An
 * entry begins with the first contact, lets through from `first + delayMs`, and ends at `first + delayMs + windowMs`
 * unless it is extended: who never comes back is unknown again after that. The times are those that held at the first
 * contact, so what the sender was told stays true.
 *
 * What stands after the last space of a key is its client's network. One network has a bounded number of entries
 * (10,000 unless the adapter was told otherwise); where it would have more, those that end first are forgotten.
 */
export interface Greylist {
  firstSeen(key: string, now: Date, times: GreylistTimes): Promise<Contact>;
  /**
   * Called for every accepted recipient: the end becomes `now + windowMs`, never earlier than it was. Does nothing for
   * a key that is unknown or still waits, so that a recipient that is exempt from greylisting does not end the waiting
   * time of the others.
   */
  extend(key: string, now: Date, times: Pick<GreylistTimes, 'windowMs'>): Promise<void>;
  /**
   * Entries whose key matches, ordered by key; which ones when there are more than `limit` is left open. In a pattern
   * `*` stands for any text.
   */
  list(pattern: string, limit: number, now: Date): Promise<readonly GreylistEntry[]>;
  /** Forgets the entries whose key matches; resolves with how many there were. */
  forget(pattern: string, now: Date): Promise<number>;
}

/**
 * Counts over a span that begins with the first hit and ends `windowMs` later; the next hit after that begins a new
 * one.
 */
export interface Counters {
  /** Counts one more; resolves with the count, itself included. */
  hit(name: string, now: Date, windowMs: number): Promise<number>;
  /** The count without adding to it; 0 when there is none. */
  count(name: string, now: Date): Promise<number>;
}

/** Who has a message already, where some recipients of it were stored and others not. */
export interface Ledger {
  /** The mailboxes noted for a key, ordered; empty when there are none. */
  read(key: string, now: Date): Promise<readonly string[]>;
  /**
   * Notes mailboxes besides those that are there; the whole entry then ends `ttlMs` from now. At most {@link
   * LEDGER_MAILBOXES_MAX} in all.
   */
  add(key: string, mailboxes: readonly string[], now: Date, ttlMs: number): Promise<void>;
  /**
   * Forgets these mailboxes and no others; the entry goes with its last one. Recipients are acknowledged one at a time,
   * so who was told 250 must not take the memory of the others along. Mailboxes that are not there are passed over.
   */
  drop(key: string, mailboxes: readonly string[]): Promise<void>;
}

/**
 * What the beginning of a delivery came to: `begun`, with who has the message already, or `busy`, since another attempt
 * is at it.
 *
 * `unfinished`: how an earlier attempt ended is not known. It took this lease and neither finished nor released it
 * until the lease ran out (its process died, or hangs), or it finished in doubt. A store may have the message although
 * the ledger does not say so. `since` is then the owner of the first such attempt: it tells these attempts from those
 * at an equal message that was sent before and is done.
 */
export type Beginning =
  | { readonly kind: 'begun'; readonly mailboxes: readonly string[]; readonly unfinished: boolean; readonly since?: string }
  | { readonly kind: 'busy' };

/**
 * Keeps two attempts at one message from running at once. The owner names the attempt and must be unique: an owner that
 * takes what it has keeps it longer. {@link Lease.begin} takes the lease and reads the ledger, {@link Lease.finish}
 * writes the ledger and ends the lease, in one atomic round trip each.
 *
 * A lease that ended without a word from its owner can be taken by anybody, and is remembered for {@link
 * LEASE_REMEMBERED_MS} after its end: who takes it within that time is told that it is `unfinished`. That mark belongs
 * to the message, not to an owner: it goes from owner to owner until one finishes without doubt, or until nobody has
 * taken the lease for so long. An owner that takes what it had itself, even after its end, is no news to itself: that
 * alone makes no mark.
 */
export interface Lease {
  /**
   * Gives it back: this attempt has stored nothing. Nothing happens when it is somebody else's. The mark of an earlier
   * attempt stays, since not having tried says nothing about what that one did: as long as if this lease had run to its
   * end.
   */
  release(key: string, owner: string): Promise<void>;
  /** Takes the lease for `ttlMs`, unless somebody else has it, and reads the ledger entry of the same key. */
  begin(key: string, owner: string, now: Date, ttlMs: number): Promise<Beginning>;
  /**
   * Adds to the ledger entry of the same key, which then ends `ttlMs` from now, and ends the lease. The ledger is
   * written even when the lease was lost: the mail is stored. The lease ends also when the entry would exceed its
   * bound, which is a fault: nobody shall wait for that.
   *
   * Without `inDoubt` the owner knows what became of the message: the mark goes with the lease. An owner whose lease
   * ran out is still the owner as long as nobody took it. With `inDoubt` a store may have the message and nobody knows:
   * others may take the lease at once, and are told that it is `unfinished`. Doubt is noted even when the lease was
   * lost: it marks the lease of whoever has it now, and does not end it.
   */
  finish(key: string, owner: string, mailboxes: readonly string[], now: Date, ttlMs: number, inDoubt?: boolean): Promise<void>;
}

/** What a node tells about itself. */
export type NodeInfo = Readonly<Record<string, string | number>>;

/** A node's last beat. */
export interface NodeBeat {
  readonly node: string;
  readonly info: NodeInfo;
  readonly seenAt: Date;
}

/** Which nodes there are. */
export interface Heartbeats {
  /** Says that a node lives. `info` is at most {@link NODE_INFO_MAX} octets as JSON. */
  beat(node: string, info: NodeInfo, now: Date): Promise<void>;
  /**
   * The last beat of every node heard within {@link NODE_KEPT_MS}, ordered by name. Who is silent for too long is the
   * reader's to say.
   */
  nodes(now: Date): Promise<readonly NodeBeat[]>;
}

/**
 * Shared state could not be asked in time, or gave no sensible answer. Its message is for the log, not for a stranger.
 */
export class StateFault extends Error {
  override readonly name = 'StateFault';
}
