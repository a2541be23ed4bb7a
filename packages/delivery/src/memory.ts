import { mailboxHead, readKept } from './copy-bytes.ts';
import type { Consignment, Copy, Delivery, Outcome } from './port.ts';
import { judgeQuota } from './quota.ts';

/** A message as it lies in a mailbox. */
export interface StoredMessage {
  /** Of the target. */
  readonly address: string;
  /** Return-Path, stamps, message. */
  readonly bytes: Buffer;
}

/** Addresses that shall answer otherwise. The sets are read at each call, so a test may change them. */
export interface MemoryDeliveryOptions {
  readonly full?: ReadonlySet<string>;
  readonly unknown?: ReadonlySet<string>;
  /** Neither to be asked nor to be delivered to. */
  readonly fault?: ReadonlySet<string>;
}

/** A mailbox store in memory, for tests. Holds everything it is given: no bound but the test's own. */
export interface MemoryDelivery extends Delivery {
  /** In the order of storing. */
  readonly stored: readonly StoredMessage[];
  /** Deletes the messages of a mailbox, as its reader would. */
  empty(address: string): void;
}

const UNKNOWN_TEXT = '550 5.1.1 no such mailbox';
const FULL_TEXT = '552 5.2.2 mailbox is full';

/** Creates an empty store. */
export function createMemoryDelivery(options: MemoryDeliveryOptions = {}): MemoryDelivery {
  const { full, unknown, fault } = options;
  let stored: readonly StoredMessage[] = [];

  function countUsed(address: string): number {
    return stored.filter((message) => message.address === address).reduce((sum, message) => sum + message.bytes.length, 0);
  }
  async function store(consignment: Consignment, copy: Copy): Promise<Outcome> {
    const { address } = copy.target;
    if (fault?.has(address)) return { kind: 'delayed', detail: 'memory: planted fault' };
    if (unknown?.has(address)) return { kind: 'refused', text: UNKNOWN_TEXT };
    if (full?.has(address)) return { kind: 'refused', text: FULL_TEXT };
    const parts = [mailboxHead(consignment, copy)];
    try {
      for await (const chunk of readKept(consignment.content, consignment.omit)) {
        consignment.signal.throwIfAborted();
        parts.push(chunk);
      }
      consignment.signal.throwIfAborted();
    } catch (error) {
      return { kind: 'delayed', detail: `memory: ${error instanceof Error ? error.message : String(error)}` };
    }
    const bytes = Buffer.concat(parts);
    stored = [...stored, { address, bytes }];
    return { kind: 'stored', bytes: bytes.length };
  }
  return {
    utf8: true,
    get stored() {
      return stored;
    },
    empty(address) {
      stored = stored.filter((message) => message.address !== address);
    },
    async admits(target, sizeBytes, signal) {
      if (signal.aborted) return { kind: 'fault', detail: 'memory: ended before an answer' };
      if (fault?.has(target.address)) return { kind: 'fault', detail: 'memory: planted fault' };
      if (unknown?.has(target.address)) return { kind: 'unknown', text: UNKNOWN_TEXT };
      if (full?.has(target.address)) return { kind: 'full', text: FULL_TEXT };
      return judgeQuota(target, sizeBytes, async () => countUsed(target.address));
    },
    deliver: (consignment) => Promise.all(consignment.copies.map((copy) => store(consignment, copy))),
    close: () => Promise.resolve(),
  };
}
