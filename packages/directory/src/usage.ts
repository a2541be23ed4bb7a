/** What is to be written of how much a mailbox holds. Octets. */
export interface UsageChange {
  readonly address: string;
  /** What its store counted, where it did. */
  readonly countedBytes?: number;
  /** What was stored since. */
  readonly addedBytes: number;
}

/** Changes that wait to be written, one for each mailbox. */
export interface UsageBatch {
  /** A message of so many octets was stored. */
  added(address: string, bytes: number): void;
  /** The store counted the mailbox. */
  counted(address: string, bytes: number): void;
  /** Changes that were gathered elsewhere; `before`: earlier than all that waits here. */
  merge(changes: readonly UsageChange[], when?: 'before'): void;
  /** All that waits, which waits no longer. */
  take(): readonly UsageChange[];
  isEmpty(): boolean;
}

/** Gathers the changes of at most `max` mailboxes; `onDropped` is told of each change beyond that. */
export function createUsageBatch(max: number, onDropped: (address: string) => void): UsageBatch {
  let waiting = new Map<string, UsageChange>();
  const put = (change: UsageChange, when?: 'before'): void => {
    const present = waiting.get(change.address);
    if (present === undefined && waiting.size >= max) onDropped(change.address);
    else if (present === undefined) waiting.set(change.address, change);
    else waiting.set(change.address, when === 'before' ? combine(change, present) : combine(present, change));
  };
  return {
    added: (address, bytes) => put({ address, addedBytes: bytes }),
    counted: (address, bytes) => put({ address, countedBytes: bytes, addedBytes: 0 }),
    merge: (changes, when) => {
      for (const change of changes) put(change, when);
    },
    take: () => {
      const taken = [...waiting.values()];
      waiting = new Map();
      return taken;
    },
    isEmpty: () => waiting.size === 0,
  };
}

/** A count makes what was added before it void. */
function combine(earlier: UsageChange, later: UsageChange): UsageChange {
  return later.countedBytes === undefined ? { ...earlier, addedBytes: earlier.addedBytes + later.addedBytes } : later;
}
