import { contentOf } from '@vratny/message';
import type { Copy, Delivery, DeliveryRequest, Target } from '../port.ts';

/** A message with two forged fields and a line that begins with a dot. */
export const MESSAGE = Buffer.from('X-Spam-Flag: NO\r\nSubject: hello\r\nX-Spam-Level: *\r\n\r\nbody\r\n.dot\r\n');
export const KEY = '0123456789abcdef'.repeat(4);
export const ALICE: Target = { address: 'alice@example.test', usedBytes: 0 };
export const BOB: Target = { address: 'bob@example.test', usedBytes: 0 };

/** The message on its way for the first time, but for what the test wants otherwise. */
export function requestFor(parts: Partial<DeliveryRequest> & { readonly copies: readonly Copy[] }): DeliveryRequest {
  return {
    sender: { local: 'sender', domain: 'example.net' },
    content: contentOf(MESSAGE),
    omit: [],
    key: KEY,
    resumed: false,
    confirm: async () => true,
    signal: new AbortController().signal,
    ...parts,
  };
}

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
