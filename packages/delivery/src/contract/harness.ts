import type { Delivery } from '../port.ts';

/** An implementation under test, with a way to look into its mailboxes. */
export interface DeliveryHarness {
  readonly delivery: Delivery;
  /** The messages of a mailbox, in any order. */
  stored(address: string): Promise<readonly Buffer[]>;
  /** Deletes the messages of a mailbox behind the implementation's back. */
  empty(address: string): Promise<void>;
  /** Whatever an unfinished delivery left behind, by name. */
  leftovers(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

/** What differs between stores. */
export interface DeliveryTraits {
  /** True when quotas are counted here; false when the store behind it judges them by its own numbers. */
  readonly countsQuota: boolean;
  /** True when a `resumed` delivery finds what an earlier attempt stored. */
  readonly looksForEarlier: boolean;
}
