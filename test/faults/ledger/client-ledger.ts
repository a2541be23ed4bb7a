import type { Attempt } from './attempt.ts';
import type { TestMessage } from './message.ts';

/**
 * Why there may be a second copy, as the harness saw it happen. `state away`: an acknowledgement was lost while the shared state was away or
 * did not survive. `answer of the store lost`: a node died, or its connection broke, between handing the message over by LMTP and noting that
 * the store has it.
 */
export type Cause = 'acknowledgement lost and state away' | 'answer of the store lost';

/** One message and all that happened to it. */
export interface Entry {
  readonly message: TestMessage;
  readonly attempts: readonly Attempt[];
  /** One for each extra copy of a mailbox that could come of what was seen. */
  readonly causes: readonly { readonly mailbox: string; readonly cause: Cause }[];
}

/** What a recipient of a message was told last. */
export type Standing = 'pending' | 'accepted' | 'refused';

/** The ledger of a client: every message, and every attempt at it. */
export interface ClientLedger {
  readonly entries: readonly Entry[];
  /** Writes down a message before its first attempt. */
  open(message: TestMessage): Entry;
  note(entry: Entry, attempt: Attempt): void;
  /** Writes down that a second copy in this mailbox would be explained. */
  explain(entry: Entry, mailbox: string, cause: Cause): void;
}

interface OwnEntry extends Entry {
  readonly attempts: Attempt[];
  readonly causes: { mailbox: string; cause: Cause }[];
}

/** An empty ledger. */
export function createClientLedger(): ClientLedger {
  const entries: OwnEntry[] = [];
  // A soak has tens of thousands.
  const own = new Map<Entry, OwnEntry>();
  const ours = (entry: Entry) => {
    const found = own.get(entry);
    if (found === undefined) throw new Error(`${entry.message.token} is not in this ledger`);
    return found;
  };
  return {
    entries,
    open(message) {
      const entry: OwnEntry = { message, attempts: [], causes: [] };
      entries.push(entry);
      own.set(entry, entry);
      return entry;
    },
    note: (entry, attempt) => void ours(entry).attempts.push(attempt),
    explain: (entry, mailbox, cause) => void ours(entry).causes.push({ mailbox, cause }),
  };
}

/** The first final reply decides; a client does not come back after that. */
export function standingOf({ attempts }: Entry, recipient: string): Standing {
  for (const attempt of attempts) {
    const own = attempt.turnedAway.get(recipient);
    const toAll = attempt.ending.kind === 'reply' && (attempt.offered.includes(recipient) || attempt.offered.length === 0);
    const reply = own ?? (toAll && attempt.ending.kind === 'reply' ? attempt.ending.reply : undefined);
    if (reply !== undefined && reply.code >= 500) return 'refused';
    if (reply !== undefined && reply.code < 300 && attempt.sent) return 'accepted';
  }
  return 'pending';
}

/** The recipients that still wait for a final reply. */
export function pendingOf(entry: Entry): readonly string[] {
  return entry.message.recipients.filter((recipient) => standingOf(entry, recipient) === 'pending');
}

/** True when the message may have been stored for this recipient without its client knowing. */
export function mayHaveLostAcknowledgement({ attempts }: Entry, recipient: string): boolean {
  return attempts.some((attempt) => attempt.sent && attempt.offered.includes(recipient) && attempt.ending.kind === 'lost');
}
