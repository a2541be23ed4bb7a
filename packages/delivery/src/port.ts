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
  /**
   * The store as a delivery URL, as in the site file; undefined is the site's own store. Only the operator writes it,
   * see `Mailbox.store`.
   */
  readonly store?: string;
}

/**
 * The answer of the store about a mailbox before a message is sent. `fault`: the store could not be asked. Texts come
 * from the store; use `parseRefusal` to make a reply of them.
 */
export type Admission =
  | { readonly kind: 'room'; readonly usedBytes?: number }
  | { readonly kind: 'full'; readonly usedBytes?: number; readonly text?: string }
  | { readonly kind: 'unknown'; readonly text?: string }
  | { readonly kind: 'fault'; readonly detail: string };

/** One copy of a message, for one mailbox. */
export interface Copy {
  readonly target: Target;
  /** Header lines that are put before the message, each ending in CRLF. */
  readonly stamps: string;
}

/** A message for one or more mailboxes. */
export interface DeliveryRequest {
  readonly sender: ReversePath;
  readonly content: Content;
  /** Ranges of the content that are left out (forged header fields): ascending, not overlapping. */
  readonly omit: readonly Range[];
  readonly copies: readonly Copy[];
  /**
   * Identifies the message, 64 lower-case hexadecimal digits. It is the same at each attempt as long as the outcome of
   * an earlier one is not known. Another message has another key, even an equal one that its sender sent on purpose.
   */
  readonly key: string;
  /**
   * True when an earlier attempt with this key may have stored copies. A store that can search its mailboxes does so
   * before it stores, and reports `stored` for what it finds. When it cannot search now, the outcome is `uncertain`.
   */
  readonly resumed: boolean;
  /**
   * Called by each transaction of a store right before the step that cannot be undone (LMTP's final dot, Maildir's
   * rename): whether the client still waits for this attempt, and no other attempt runs. When it resolves to false or
   * rejects, the copies of that transaction are `delayed` and not stored.
   */
  readonly confirm: () => Promise<boolean>;
  /** Ends the delivery: copies that are not stored by then are `delayed`. */
  readonly signal: Cancellation;
}

/**
 * The outcome of one copy. `stored`: it survives a power cut. `refused`, `delayed`: the store does not have it.
 * `uncertain`: the store may have it, because it was sent completely and the reply is not known, or because a disk
 * error could not be undone; the next attempt is `resumed`. `counted`: the store itself counts the used octets of the
 * mailbox (Dovecot's `quota_clone`), so the caller must not add these. Texts as in {@link Admission}. `usedBytes` of a
 * refusal: octets that the mailbox was found to hold.
 */
export type Outcome =
  | { readonly kind: 'stored'; readonly bytes: number; readonly counted?: true }
  | { readonly kind: 'refused'; readonly text: string; readonly usedBytes?: number }
  | { readonly kind: 'delayed'; readonly detail: string; readonly uncertain?: true };

/** A mailbox store. It does not know the directory. */
export interface Delivery {
  /** True when the store takes internationalised addresses (RFC 6531). */
  readonly utf8: boolean;
  /**
   * Asks whether a message of `sizeBytes` octets (0 when not known) would be taken. Never throws and never rejects. A
   * plain value when the answer is known without waiting.
   */
  admits(target: Target, sizeBytes: number, signal: Cancellation): Admission | Promise<Admission>;
  /** Stores every copy. Outcomes stand in the order of the copies. Never rejects. */
  deliver(request: DeliveryRequest): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}
