import type { Content, Range } from '@vratny/message';
import type { ReversePath } from '@vratny/smtp';
import type { Cancellation } from '@vratny/waiting';

/** A mailbox as delivery needs to know it. */
export interface Target {
  /** `local@domain` in lower case. */
  readonly address: string;
  /** Octets it may hold; undefined is without limit. */
  readonly quotaBytes?: number;
  /** Octets it held when that was last written down. */
  readonly usedBytes: number;
  /** Where it lies, a delivery URL as in the site file; undefined is the site's own store. Written by the operator only, see `Mailbox.store`. */
  readonly store?: string;
}

/**
 * What the store says of a mailbox before a message is sent to it. `fault`: it could not be asked, nothing is known. Texts come from the
 * store and are for `parseRefusal`, never for a cast.
 */
export type Admission =
  | { readonly kind: 'room'; readonly usedBytes?: number }
  | { readonly kind: 'full'; readonly usedBytes?: number; readonly text?: string }
  | { readonly kind: 'unknown'; readonly text?: string }
  | { readonly kind: 'fault'; readonly detail: string };

/** One copy of a message, for one mailbox. */
export interface Copy {
  readonly target: Target;
  /** Header lines to stand before the message, each ending in CRLF. */
  readonly stamps: string;
}

/** A message on its way to mailboxes. */
export interface DeliveryRequest {
  readonly sender: ReversePath;
  readonly content: Content;
  /** Ranges of the content that are left out (forged header fields): ascending, not overlapping. */
  readonly omit: readonly Range[];
  readonly copies: readonly Copy[];
  /**
   * This message among its retries, 64 lower-case hexadecimal digits: the same at each attempt as long as it is not known how an earlier one ended,
   * and not the same for another message, not even for an equal one that its sender sent on purpose.
   */
  readonly key: string;
  /**
   * An earlier attempt with this key may have stored copies without anybody knowing: a store that can tell looks before it stores, and says
   * `stored` of what it finds. One that can tell but could not look says `uncertain`.
   */
  readonly resumed: boolean;
  /**
   * Asked by each transaction of a store right before the step that cannot be taken back (LMTP's final dot, Maildir's rename): whether
   * somebody still waits for this attempt and no other one runs. False or a rejection: the copies of that transaction are `delayed`, and
   * the store does not have them.
   */
  readonly confirm: () => Promise<boolean>;
  /** Ends the delivery: whatever is not stored by then is `delayed`. */
  readonly signal: Cancellation;
}

/**
 * What became of one copy. `stored`: it will survive a power cut. `refused` and `delayed`: this attempt left nothing in the store, with one
 * exception: `uncertain` says that the store may have it or not, since it was handed over completely and the answer is not known, or since a fault
 * of the disk could not be undone; the next attempt is `resumed`. `counted` says that the store itself keeps the count of the mailbox's octets
 * (Dovecot's `quota_clone`), so that nobody adds these. Texts as in {@link Admission}. `usedBytes` of a refusal is what the mailbox was found to hold.
 */
export type Outcome =
  | { readonly kind: 'stored'; readonly bytes: number; readonly counted?: true }
  | { readonly kind: 'refused'; readonly text: string; readonly usedBytes?: number }
  | { readonly kind: 'delayed'; readonly detail: string; readonly uncertain?: true };

/** Hands messages to the mailbox store. Never knows the directory: it reports what it stored. */
export interface Delivery {
  /** True when the store takes internationalised addresses (RFC 6531). */
  readonly utf8: boolean;
  /** Asks whether a message of so many octets (0 when not known) would be taken. Never throws and never rejects; what is known at once is no promise. */
  admits(target: Target, sizeBytes: number, signal: Cancellation): Admission | Promise<Admission>;
  /** Stores every copy; outcomes stand in the order of the copies. Never rejects. */
  deliver(request: DeliveryRequest): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}
