import { contentOf } from '@vratny/message';
import type { Copy, DeliveryRequest, Target } from '../port.ts';

/** A message with two forged fields and a line that begins with a dot. */
export const MESSAGE = Buffer.from('X-Spam-Flag: NO\r\nSubject: hello\r\nX-Spam-Level: *\r\n\r\nbody\r\n.dot\r\n');
export const KEY = '0123456789abcdef'.repeat(4);
export const ALICE: Target = { address: 'alice@example.test', usedBytes: 0 };
export const BOB: Target = { address: 'bob@example.test', usedBytes: 0 };

/** The message on its way for the first time, but for what the test wants otherwise. */
export function consign(parts: Partial<DeliveryRequest> & { readonly copies: readonly Copy[] }): DeliveryRequest {
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
