import { UNREAD_MAX } from '../limits.ts';

/** Mailboxes whose owners' sender was told 250, and under which key the ledger has them. */
export interface Acknowledged {
  readonly key: string;
  readonly mailboxes: readonly string[];
}

/**
 * Which 250s of a session its client may not have read. The ledger keeps the mailboxes of such a message, so that a retry makes no second copy; once
 * the client is seen to have read the reply there will be no retry, and an equal message is one more message.
 *
 * Octets of the client are counted over the whole session. What was received before a reply was written (pipelined commands) proves nothing.
 */
export interface UnreadReplies {
  /** A 250 was written when so many octets of the client had been received; Infinity when that is not known. */
  wrote(acknowledged: Acknowledged, receivedBytes: number): void;
  /** The client's octets from `offset` on are looked at: it has read whatever was written before they were received. */
  saw(offset: number): void;
  /** What the session owes the ledger has been done or given up; undefined when there is nothing to wait for. Never rejects. */
  settled(): Promise<unknown> | undefined;
  /**
   * Mailboxes of a key that this session itself acknowledged and that may still be in the ledger. A retry never comes on the connection whose
   * reply was lost, so for this session they are earlier messages, not this one.
   */
  ownOf(key: string): ReadonlySet<string>;
}

/** Takes mailboxes out of the ledger; false when that failed. Never rejects. */
export type Forget = (acknowledged: Acknowledged) => Promise<boolean>;

interface Unread {
  /** Octets received when the reply was written. Infinity: nothing that comes proves anything, or it is being forgotten. */
  readonly receivedBytes: number;
}

/** Of a new session. */
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
    // A later 250 for the same mailbox has a mark of its own and stays.
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
      // The oldest go first: they stay in the ledger until their time is over there.
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
