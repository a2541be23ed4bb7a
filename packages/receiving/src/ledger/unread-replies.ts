import { UNREAD_MAX } from '../limits.ts';

/** Mailboxes that were acknowledged with 250, and their key in the ledger. */
export interface Acknowledged {
  readonly key: string;
  readonly mailboxes: readonly string[];
}

/**
 * Tracks which 250 replies of a session its client may not have read. The ledger keeps the mailboxes of such a message,
 * so that a retry makes no second copy. Once the client has read the reply there will be no retry, and an equal message
 * is another message.
 *
 * Octets of the client are counted over the whole session. Input that was received before a reply was written
 * (pipelined commands) proves nothing.
 */
export interface UnreadReplies {
  /**
   * Records that a 250 was written when so many octets of the client had been received; Infinity when that number is
   * not known.
   */
  wrote(acknowledged: Acknowledged, receivedBytes: number): void;
  /**
   * The client's octets from `offset` on are being read: it has read all replies that were written before they were
   * received.
   */
  saw(offset: number): void;
  /** Resolves when the removals from the ledger are done or given up; undefined when there are none. Never rejects. */
  settled(): Promise<unknown> | undefined;
  /**
   * Mailboxes of a key that this session acknowledged and that may still be in the ledger. A retry never comes on the
   * connection whose reply was lost, so for this session they belong to earlier messages.
   */
  ownOf(key: string): ReadonlySet<string>;
}

/** Removes mailboxes from the ledger; false when that failed. Never rejects. */
export type Forget = (acknowledged: Acknowledged) => Promise<boolean>;

interface Unread {
  /**
   * Octets received when the reply was written. Infinity: no input proves that it was read, or the removal is running.
   */
  readonly receivedBytes: number;
}

/** Creates the list for a new session. */
export function createUnreadReplies(forget: Forget): UnreadReplies {
  const unread = new Map<string, Map<string, Unread>>();
  let count = 0;
  let settling: Promise<unknown> | undefined;

  function put(key: string, mailbox: string, entry: Unread): void {
    const ofKey = unread.get(key) ?? new Map<string, Unread>();
    if (!ofKey.has(mailbox)) count += 1;
    ofKey.set(mailbox, entry);
    unread.set(key, ofKey);
  }

  function takeOut(key: string, mailbox: string): void {
    const ofKey = unread.get(key);
    if (!ofKey?.delete(mailbox)) return;
    count -= 1;
    if (ofKey.size === 0) unread.delete(key);
  }

  async function forgetAll({ key, mailboxes }: Acknowledged, marks: ReadonlyMap<string, Unread>): Promise<void> {
    if (!(await forget({ key, mailboxes }))) return;
    // A later 250 for the same mailbox has its own entry and stays.
    for (const mailbox of mailboxes) if (unread.get(key)?.get(mailbox) === marks.get(mailbox)) takeOut(key, mailbox);
  }

  function proveRead(key: string, mailboxes: readonly string[]): Promise<void> {
    const marks = new Map(mailboxes.map((mailbox) => [mailbox, { receivedBytes: Number.POSITIVE_INFINITY }]));
    for (const [mailbox, mark] of marks) put(key, mailbox, mark);
    return forgetAll({ key, mailboxes }, marks);
  }

  return {
    wrote({ key, mailboxes }, receivedBytes) {
      for (const mailbox of mailboxes) put(key, mailbox, { receivedBytes });
      // The oldest are dropped first: they stay in the ledger until they expire there.
      for (const [oldest, ofKey] of unread) {
        if (count <= UNREAD_MAX) break;
        unread.delete(oldest);
        count -= ofKey.size;
      }
    },
    saw(offset) {
      if (count === 0) return;
      const proven = [...unread].map(([key, ofKey]) => ({ key, mailboxes: namesBefore(ofKey, offset) }));
      const work = proven.filter(({ mailboxes }) => mailboxes.length > 0).map(({ key, mailboxes }) => proveRead(key, mailboxes));
      if (work.length === 0) return;
      const all: Promise<unknown> = Promise.all(settling === undefined ? work : [settling, ...work]).then(() => {
        if (settling === all) settling = undefined;
      });
      settling = all;
    },
    settled: () => settling,
    ownOf: (key) => new Set(unread.get(key)?.keys()),
  };
}

function namesBefore(ofKey: ReadonlyMap<string, Unread>, offset: number): readonly string[] {
  return [...ofKey].filter(([, { receivedBytes }]) => receivedBytes <= offset).map(([mailbox]) => mailbox);
}
