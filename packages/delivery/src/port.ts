import type { Content, Range } from '@vratny/message';
import type { ReversePath } from '@vratny/smtp';

/** A mailbox as delivery needs to know it. */
export interface Target {
  /** `local@domain` in lower case. */
  readonly address: string;
  /** Octets it may hold; undefined is without limit. */
  readonly quotaBytes?: number;
  /** Octets it held when that was last written down. */
  readonly usedBytes: number;
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
export interface Consignment {
  readonly sender: ReversePath;
  readonly content: Content;
  /** Ranges of the content that are left out (forged header fields): ascending, not overlapping. */
  readonly omit: readonly Range[];
  readonly copies: readonly Copy[];
  /** Ends the delivery: whatever is not stored by then is `delayed`. */
  readonly signal: AbortSignal;
}

/**
 * What became of one copy. `stored`: it will survive a power cut. `refused` and `delayed`: the store does not have it, with one exception:
 * `uncertain` says that the message was handed over completely and the store's answer is not known, so that it may have it or not. Texts as
 * in {@link Admission}.
 */
export type Outcome =
  | { readonly kind: 'stored'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'delayed'; readonly detail: string; readonly uncertain?: true };

/** Hands messages to the mailbox store. Never knows the directory: it reports what it stored. */
export interface Delivery {
  /** True when the store takes internationalised addresses (RFC 6531). */
  readonly utf8: boolean;
  /** Asks whether a message of so many octets (0 when not known) would be taken. Never rejects. */
  admits(target: Target, sizeBytes: number, signal: AbortSignal): Promise<Admission>;
  /** Stores every copy; outcomes stand in the order of the copies. Never rejects. */
  deliver(consignment: Consignment): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}
