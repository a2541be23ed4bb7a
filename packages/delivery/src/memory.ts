import { describeError } from '@vratny/text';
import { throwIfAborted } from '@vratny/waiting';
import { isConfirmed, NOT_CONFIRMED } from './confirmed.ts';
import { measureCopy, readChecked } from './copy-bytes.ts';
import type { Copy, Delivery, DeliveryRequest, Outcome } from './port.ts';
import { judgeQuota } from './quota.ts';

/** A stored message. */
export interface StoredMessage {
  /** Of the target. */
  readonly address: string;
  /** Return-Path, stamps, message. */
  readonly bytes: Buffer;
  /** Of the request. */
  readonly key: string;
}

/** Addresses with other outcomes. The sets are read at each call, so a test may change them. */
export interface MemoryDeliveryOptions {
  readonly full?: ReadonlySet<string>;
  readonly unknown?: ReadonlySet<string>;
  /** Admissions are faults, and deliveries are delayed. */
  readonly fault?: ReadonlySet<string>;
}

/** A mailbox store in memory, for tests. It has no bound. */
export interface MemoryDelivery extends Delivery {
  /** In the order of storing. */
  readonly stored: readonly StoredMessage[];
  /** Deletes the messages of a mailbox, as its user would. */
  empty(address: string): void;
}

const UNKNOWN_TEXT = '550 5.1.1 no such mailbox';
const FULL_TEXT = '552 5.2.2 mailbox is full';

/** Creates an empty store. */
export function createMemoryDelivery(options: MemoryDeliveryOptions = {}): MemoryDelivery {
  const { full, unknown, fault } = options;
  let stored: readonly StoredMessage[] = [];
  const inTurn = createQueues();

  function countUsed(address: string): number {
    return stored.filter((message) => message.address === address).reduce((sum, message) => sum + message.bytes.length, 0);
  }
  async function store(request: DeliveryRequest, copy: Copy, seen: Set<StoredMessage>): Promise<Outcome> {
    const { address } = copy.target;
    if (fault?.has(address)) return { kind: 'delayed', detail: 'memory: planted fault' };
    if (unknown?.has(address)) return { kind: 'refused', text: UNKNOWN_TEXT };
    if (full?.has(address)) return { kind: 'refused', text: FULL_TEXT };
    if (request.signal.aborted) return { kind: 'delayed', detail: 'memory: delivery was ended' };
    return inTurn(address, () => storeInTurn(request, copy, seen));
  }
  /** One copy for each mailbox at a time, so that the room is still there when the message has been read. */
  async function storeInTurn(request: DeliveryRequest, copy: Copy, seen: Set<StoredMessage>): Promise<Outcome> {
    const { address, quotaBytes } = copy.target;
    const earlier = findEarlier(stored, request, address, seen);
    if (earlier !== undefined) return { kind: 'stored', bytes: earlier.bytes.length };
    const { head, sizeBytes: size } = measureCopy(request, copy);
    const usedBytes = countUsed(address);
    if (quotaBytes !== undefined && usedBytes + size > quotaBytes) return { kind: 'refused', text: FULL_TEXT, usedBytes };
    let bytes: Buffer;
    try {
      bytes = await readAll(head, request);
      if (!(await isConfirmed(request))) throw new Error(NOT_CONFIRMED);
    } catch (error) {
      return { kind: 'delayed', detail: `memory: ${describeError(error)}` };
    }
    const message: StoredMessage = { address, bytes, key: request.key };
    seen.add(message);
    stored = [...stored, message];
    return { kind: 'stored', bytes: message.bytes.length };
  }
  return {
    utf8: true,
    get stored() {
      return stored;
    },
    empty(address) {
      stored = stored.filter((message) => message.address !== address);
    },
    admits(target, sizeBytes, signal) {
      if (signal.aborted) return { kind: 'fault', detail: 'memory: ended before an answer' };
      if (fault?.has(target.address)) return { kind: 'fault', detail: 'memory: planted fault' };
      if (unknown?.has(target.address)) return { kind: 'unknown', text: UNKNOWN_TEXT };
      if (full?.has(target.address)) return { kind: 'full', text: FULL_TEXT };
      return judgeQuota(target, sizeBytes, async () => countUsed(target.address));
    },
    deliver(request) {
      const seen = new Set<StoredMessage>();
      return Promise.all(request.copies.map((copy) => store(request, copy, seen)));
    },
    close: () => Promise.resolve(),
  };
}

/** Runs work for each key one after the other. */
function createQueues(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<void>>();
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    const over = mine.then(
      () => undefined,
      () => undefined,
    );
    last.set(key, over);
    return mine;
  };
}

/** The whole copy. Rejects when the message cannot be read, and when the delivery ends. */
async function readAll(head: Buffer, { content, omit, signal }: DeliveryRequest): Promise<Buffer> {
  const parts = [head];
  for await (const chunk of readChecked(content, omit)) {
    throwIfAborted(signal);
    parts.push(chunk);
  }
  throwIfAborted(signal);
  return Buffer.concat(parts);
}

/** The next message of an earlier attempt that this request has not seen yet. */
function findEarlier(
  stored: readonly StoredMessage[],
  { key, resumed }: DeliveryRequest,
  address: string,
  seen: Set<StoredMessage>,
): StoredMessage | undefined {
  const found = resumed ? stored.find((one) => one.key === key && one.address === address && !seen.has(one)) : undefined;
  if (found !== undefined) seen.add(found);
  return found;
}
