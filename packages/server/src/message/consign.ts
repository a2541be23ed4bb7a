import type { Consignment, Copy, Outcome } from '@vratny/delivery';
import { findRemovals, type Header } from '@vratny/message';
import { type FoundOf, header, type Visit } from '@vratny/policy';
import { withGrace } from '@vratny/waiting';
import type { Attempt } from '../ledger/attempt.ts';
import { DELIVERY_GRACE_MS } from '../limits.ts';
import type { Session } from '../session.ts';
import type { Ending } from './ending.ts';
import type { Mailbox } from './fates.ts';

/** What is handed over. */
export interface Parcel {
  readonly visit: Visit<'message'>;
  readonly attempt: Pick<Attempt, 'storeKey' | 'resumed'>;
  /** Those that lack the message. */
  readonly mailboxes: readonly Mailbox[];
  readonly omit: Consignment['omit'];
  readonly ending: Ending;
}

/** What the store said of each mailbox. After `givenUp` there is nothing yet, and `late` is what will come. */
export interface Consigned {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly late: Promise<ReadonlyMap<string, Outcome>>;
  readonly givenUp: boolean;
}

/** Hands the copies to the store. Stores promise to end with the signal; one that does not must not hold the session. Rejects with a bug of the store. */
export async function consign(session: Session, { visit, attempt, mailboxes, omit, ending }: Parcel): Promise<Consigned> {
  const none: ReadonlyMap<string, Outcome> = new Map();
  if (mailboxes.length === 0) return { outcomes: none, late: Promise.resolve(none), givenUp: false };
  const { sender, content } = visit.context;
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
  return { outcomes: outcomes ?? none, late, givenUp: outcomes === undefined };
}

function byMailbox(mailboxes: readonly Mailbox[], outcomes: readonly Outcome[]): ReadonlyMap<string, Outcome> {
  return new Map(mailboxes.flatMap(({ address }, i) => (outcomes[i] === undefined ? [] : [[address, outcomes[i]]])));
}

/** The header's fields, and what of it is left out of all copies. */
export interface Omissions {
  readonly fields: Header['fields'];
  readonly omit: Consignment['omit'];
}

/** What of the header is left out of all copies; undefined, and written down, when the header could not be read. */
export async function findOmissions(session: Session, visit: Visit<'message'>): Promise<Omissions | undefined> {
  const found = await visit.find(header);
  if (found.known && !found.value.truncated) {
    return { fields: found.value.fields, omit: findRemovals(found.value, visit.context.settings.hostName) };
  }
  const detail = found.known ? 'the header is longer than what is read' : found.detail;
  session.options.journal.record({ kind: 'fault', where: 'header', detail, session: session.id });
  return undefined;
}

function copyFor(session: Session, visit: Visit<'message'>, mailbox: Mailbox): Copy {
  const found: FoundOf = (fact) => visit.peek(fact) ?? { known: false, kind: 'fault', detail: 'not looked for', ms: 0 };
  const lines = session.options.policy.stamps.map((stamp) => stamp.write(visit.context, found, mailbox));
  return { target: mailbox, stamps: lines.join('') };
}
