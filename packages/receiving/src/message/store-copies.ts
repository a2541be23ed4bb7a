import type { Copy, Outcome } from '@vratny/delivery';
import type { Range } from '@vratny/message';
import type { FoundOf, Visit } from '@vratny/policy';
import type { JudgedMessage } from '@vratny/server';
import { withGrace } from '@vratny/waiting';
import type { Attempt } from '../ledger/attempt.ts';
import { DELIVERY_GRACE_MS } from '../limits.ts';
import type { MxSession } from '../mx-session.ts';
import type { Mailbox } from './summary.ts';

/** What the store said of each mailbox. After `givenUp` it has said nothing yet, and `late` is what it will say. */
export interface StoredCopies {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly late: Promise<ReadonlyMap<string, Outcome>>;
  readonly givenUp: boolean;
}

const NONE: ReadonlyMap<string, Outcome> = new Map();

/**
 * Hands a copy for each of the mailboxes to the store, without the ranges `omit` of the message. Stores promise to end with the signal; one that does
 * not must not hold the session. Rejects with a bug of the store; then the attempt has ended in doubt, since a bug says nothing about what the store has.
 */
export async function storeCopies(
  session: MxSession,
  { visit, ending }: JudgedMessage,
  attempt: Attempt,
  mailboxes: readonly Mailbox[],
  omit: readonly Range[],
): Promise<StoredCopies> {
  if (mailboxes.length === 0) return { outcomes: NONE, late: Promise.resolve(NONE), givenUp: false };
  const { sender, content } = visit.context;
  try {
    const delivering = session.options.delivery.deliver({
      sender,
      content,
      omit,
      copies: mailboxes.map((mailbox) => copyFor(session, visit, mailbox)),
      key: attempt.storeKey,
      resumed: attempt.resumed,
      confirm: ending.confirm,
      signal: ending.signal,
    });
    const late = delivering.then((outcomes) => byMailbox(mailboxes, outcomes));
    const outcomes = await withGrace(late, ending.signal, DELIVERY_GRACE_MS, () => undefined);
    return { outcomes: outcomes ?? NONE, late, givenUp: outcomes === undefined };
  } catch (error) {
    await attempt.end({ stored: [], lacking: [], differs: false, told: [], acknowledged: [], inDoubt: true });
    throw error;
  }
}

function byMailbox(mailboxes: readonly Mailbox[], outcomes: readonly Outcome[]): ReadonlyMap<string, Outcome> {
  return new Map(mailboxes.flatMap(({ address }, i) => (outcomes[i] === undefined ? [] : [[address, outcomes[i]]])));
}

function copyFor({ options }: MxSession, visit: Visit<'message'>, mailbox: Mailbox): Copy {
  const found: FoundOf = (fact) => visit.peek(fact) ?? { known: false, kind: 'fault', detail: 'not looked for', ms: 0 };
  const lines = options.policy.stamps.map((stamp) => stamp.write(visit.context, found, mailbox));
  return { target: mailbox, stamps: lines.join('') };
}
