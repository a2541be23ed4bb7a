import type { Outcome } from '@vratny/delivery';
import type { AcceptedRecipient } from '@vratny/policy';
import type { SingleReply } from '@vratny/server';
import { type Delay, isObjection, type Objection, parseRefusal, type Refusal, type Reply, type Success } from '@vratny/smtp';
import type { Attempt, AttemptResult } from '../ledger/attempt.ts';
import type { Acknowledged } from '../ledger/unread-replies.ts';
import type { MxTransaction } from '../mx-session.ts';

const ALL_DELAYED: Delay = '451 4.3.0 the mailbox store did not take the message, please try again later';
const SOME_DELAYED: Delay = '451 4.3.0 the mailbox store did not take the message for every recipient, please try again later';

/** What became of a message at one recipient. */
type RecipientOutcome = { readonly kind: 'stored' } | { readonly kind: 'refused'; readonly reply: Refusal } | { readonly kind: 'delayed' };

/** Finds what became of a mailbox's copy: `already` when an earlier attempt stored it, undefined when it is not known. */
export type OutcomeOf = (mailbox: string) => Outcome | 'already' | undefined;

/** A mailbox as the directory told of it. */
export type Mailbox = AcceptedRecipient['destination']['mailboxes'][number];

/** What an attempt came to, for the client and for the ledger. */
export interface Summary {
  readonly replies: readonly SingleReply[];
  /** The last of them, which is for the message as a whole. */
  readonly reply: Reply;
  readonly outcomeOf: OutcomeOf;
  readonly result: AttemptResult;
  /** Mailboxes that the client is told to have the message; undefined where the ledger knows nothing of it. */
  readonly acknowledges: Acknowledged | undefined;
}

/** The mailboxes of recipients, each once. */
export function mailboxesOf(recipients: readonly AcceptedRecipient[]): readonly Mailbox[] {
  const all = recipients.flatMap((one) => one.destination.mailboxes);
  return [...new Map(all.map((mailbox) => [mailbox.address, mailbox])).values()];
}

/** Of an attempt at the message `id`: `outcomes` are those of the mailboxes that lacked it. */
export function summarise(
  id: string,
  { envelope, refused }: MxTransaction,
  attempt: Attempt,
  outcomes: ReadonlyMap<string, Outcome>,
): Summary {
  const { recipients, accepted, visit } = envelope;
  const { prdr } = visit.context.parameters;
  const outcomeOf: OutcomeOf = (mailbox) => (attempt.having.has(mailbox) ? 'already' : outcomes.get(mailbox));
  const addresses = mailboxesOf(recipients).map(({ address }) => address);
  const stored = addresses.filter((address) => outcomes.get(address)?.kind === 'stored');
  const ends = recipients.map((recipient) => ({ recipient, outcome: outcomeOfRecipient(recipient, outcomeOf) }));
  const of = (...kinds: readonly RecipientOutcome['kind'][]) =>
    mailboxesOf(ends.filter(({ outcome }) => kinds.includes(outcome.kind)).map(({ recipient }) => recipient)).map(({ address }) => address);
  // Without PRDR a message that ends differently has one answer for all: come back.
  const exact = prdr === true || areAlike(ends.map(({ outcome }) => outcome));
  const told = exact ? without(of('stored', 'refused'), of('delayed')) : [];
  // Two recipients may lead to one mailbox: as long as one of them has to come back, the mailbox stays in the ledger.
  const acknowledged = exact ? without(of('stored'), of('refused', 'delayed')) : [];
  const inDoubt = isInDoubt(addresses, attempt, outcomeOf);
  const open = addresses.filter((address) => !told.includes(address) && outcomeOfMailbox(outcomeOf(address)).kind !== 'stored');
  const known = !attempt.stateAway && attempt.recognisable && acknowledged.length > 0;
  const commands = accepted.map((recipient) => outcomeOfRecipient(recipient, outcomeOf));
  const single = replyToAll(id, commands);
  const replies = (prdr ? repliesToEach(id, commands) : undefined) ?? [single];
  return {
    replies,
    reply: (replies.at(-1) ?? single).reply,
    outcomeOf,
    result: {
      stored,
      lacking: exact && !inDoubt ? [] : open,
      differs: !exact,
      told: [...told, ...without(refused, addresses)],
      acknowledged,
      inDoubt,
    },
    acknowledges: known ? { key: attempt.key, mailboxes: acknowledged } : undefined,
  };
}

/** What became of one copy. A refusal that cannot be read is none: the sender comes back. */
function outcomeOfMailbox(outcome: Outcome | 'already' | undefined): RecipientOutcome {
  if (outcome === 'already' || outcome?.kind === 'stored') return { kind: 'stored' };
  const reply = outcome?.kind === 'refused' ? parseRefusal(outcome.text) : undefined;
  return reply === undefined ? { kind: 'delayed' } : { kind: 'refused', reply };
}

/**
 * A recipient of several mailboxes has one outcome. It waits while one of them does; then one that is full or unknown makes the recipient so: the
 * others have the message, and the sender is told of the one that has not.
 */
function outcomeOfRecipient(recipient: AcceptedRecipient, outcomeOf: OutcomeOf): RecipientOutcome {
  const outcomes = recipient.destination.mailboxes.map(({ address }) => outcomeOfMailbox(outcomeOf(address)));
  if (outcomes.length === 0) return { kind: 'delayed' };
  return outcomes.find(({ kind }) => kind === 'delayed') ?? outcomes.find(({ kind }) => kind === 'refused') ?? { kind: 'stored' };
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

/**
 * One reply for all recipients. When the store took some copies and not others the sender has to come back; a permanent refusal is passed on only
 * when nobody got the message.
 */
function replyToAll(id: string, outcomes: readonly RecipientOutcome[]): SingleReply {
  const [first] = outcomes;
  if (first === undefined) return singleReply(id, ALL_DELAYED);
  return singleReply(id, areAlike(outcomes) ? replyTo(id, first) : SOME_DELAYED);
}

/** True when one reply is true for all: all have it, all wait, or all are refused. */
function areAlike(outcomes: readonly RecipientOutcome[]): boolean {
  return new Set(outcomes.map(({ kind }) => kind)).size <= 1;
}

/**
 * The replies of PRDR, where they are not all the same: 353, one for each accepted RCPT command in their order, and one for the message
 * (draft-hall-prdr-00). The last one is 250 when anybody has the message, so that it takes nothing back.
 */
function repliesToEach(id: string, outcomes: readonly RecipientOutcome[]): readonly SingleReply[] | undefined {
  const each = outcomes.map((outcome) => replyTo(id, outcome));
  if (new Set(each).size <= 1) return undefined;
  const someStored = outcomes.some(({ kind }) => kind === 'stored');
  const last = someStored
    ? singleReply(id, `250 2.0.0 ${id} is done, and each recipient has a reply of its own`)
    : replyToAll(id, outcomes);
  return [
    { reply: '353 the recipients end differently: a reply for each of them follows' },
    ...each.map((one) => singleReply(id, one)),
    last,
  ];
}

function replyTo(id: string, outcome: RecipientOutcome): Success | Objection {
  switch (outcome.kind) {
    case 'stored':
      return `250 2.0.0 stored as ${id}`;
    case 'refused':
      return outcome.reply;
    case 'delayed':
      return ALL_DELAYED;
  }
}

/** Objections carry a receipt. */
function singleReply(id: string, reply: Reply): SingleReply {
  return isObjection(reply) ? { reply, receipt: id } : { reply };
}
