import type { Outcome } from '@vratny/delivery';
import type { Attempt, Ended } from '../ledger/attempt.ts';
import type { Acknowledged } from '../ledger/unread-replies.ts';
import type { Transaction } from '../transaction.ts';
import { type Fate, fateOfMailbox, fateOfRecipient, mailboxesOf, type OutcomeOf } from './fates.ts';
import { areAlike } from './replies.ts';

/** What an attempt came to, for the client and for the ledger. */
export interface Result {
  /** What became of each accepted RCPT command, in their order. */
  readonly fates: readonly Fate[];
  readonly outcomeOf: OutcomeOf;
  readonly ended: Ended;
  /** Mailboxes that the client is told to have the message; undefined where the ledger knows nothing of it. */
  readonly acknowledges: Acknowledged | undefined;
}

/** Of an attempt: `outcomes` are those of the mailboxes that lacked the message. */
export function resultOf(transaction: Transaction, attempt: Attempt, outcomes: ReadonlyMap<string, Outcome>): Result {
  const { recipients, accepted, refused, visit } = transaction;
  const outcomeOf: OutcomeOf = (mailbox) => (attempt.having.has(mailbox) ? 'already' : outcomes.get(mailbox));
  const addresses = mailboxesOf(recipients).map(({ address }) => address);
  const stored = addresses.filter((address) => outcomes.get(address)?.kind === 'stored');
  const withFates = recipients.map((recipient) => ({ recipient, fate: fateOfRecipient(recipient, outcomeOf) }));
  const of = (...kinds: readonly Fate['kind'][]) =>
    mailboxesOf(withFates.filter(({ fate }) => kinds.includes(fate.kind)).map(({ recipient }) => recipient)).map(({ address }) => address);
  // Without PRDR a message that ends differently has one answer for all: come back.
  const exact = visit.context.parameters.prdr === true || areAlike(withFates.map(({ fate }) => fate));
  const told = exact ? without(of('stored', 'refused'), of('delayed')) : [];
  // Two recipients may lead to one mailbox: as long as one of them has to come back, the mailbox stays in the ledger.
  const acknowledged = exact ? without(of('stored'), of('refused', 'delayed')) : [];
  const inDoubt = isInDoubt(addresses, attempt, outcomeOf);
  const open = addresses.filter((address) => !told.includes(address) && fateOfMailbox(outcomeOf(address)).kind !== 'stored');
  return {
    fates: accepted.map((recipient) => fateOfRecipient(recipient, outcomeOf)),
    outcomeOf,
    ended: {
      stored,
      lacking: exact && !inDoubt ? [] : open,
      differs: !exact,
      told: [...told, ...without(refused, addresses)],
      acknowledged,
      inDoubt,
    },
    acknowledges:
      attempt.stateAway || !attempt.recognisable || acknowledged.length === 0 ? undefined : { key: attempt.key, mailboxes: acknowledged },
  };
}

/** A store may have a copy that nobody knows of: since this attempt, or since an earlier one whose doubt this one did not end. */
function isInDoubt(addresses: readonly string[], { resumed }: Attempt, outcomeOf: OutcomeOf): boolean {
  return addresses.some((address) => {
    const outcome = outcomeOf(address);
    if (outcome === undefined) return true;
    return outcome !== 'already' && outcome.kind === 'delayed' && (outcome.uncertain === true || resumed);
  });
}

function without(some: readonly string[], others: readonly string[]): readonly string[] {
  return some.filter((one) => !others.includes(one));
}
