import type { Copy, Outcome } from '@vratny/delivery';
import { findRemovals, type Header, type Range } from '@vratny/message';
import { type AcceptedRecipient, type Found, type FoundOf, findOrigin, header, type MessageContext, type Visit } from '@vratny/policy';
import { type Answer, type JudgedMessage, objectTo, type SingleReply } from '@vratny/server';
import { type Delay, isObjection, type Objection, parseRefusal, type Refusal, type Reply, type Success } from '@vratny/smtp';
import { allOf, withDeadline, withGrace } from '@vratny/waiting';
import { type Attempt, type AttemptResult, beginAttempt } from '../ledger/attempt.ts';
import { isRecognisable } from '../ledger/recognisable.ts';
import type { Acknowledged } from '../ledger/unread-replies.ts';
import { DELIVERY_GRACE_MS, USAGE_MS } from '../limits.ts';
import type { MxSession, MxTransaction } from '../mx-session.ts';

const HEADER_FAULT: Delay = '451 4.3.0 the header could not be read in time, please try again later';
const BUSY: Delay = '451 4.3.0 an earlier attempt at this message is still running, please try again later';

/**
 * Delivers a message to the mailboxes that lack it. The reply is 250 only when the store has every copy, from this
 * attempt or an earlier one. One attempt at a message runs at a time on all hosts of the site.
 */
export async function deliverMessage(transaction: MxTransaction, message: JudgedMessage): Promise<Answer> {
  const { session } = transaction;
  const { options } = session;
  const { visit, ending } = message;
  const { context } = visit;
  const startedAt = options.monotonicMs();
  // Stamps use the facts that are known by now; these have their own deadlines and faults.
  const stamped = allOf(options.policy.stamps.flatMap((stamp) => stamp.facts).map((fact) => visit.find(fact)));
  if (stamped instanceof Promise) await stamped;
  const found = visit.find(header);
  const omissions = findOmissions(session, visit, found instanceof Promise ? await found : found);
  if (omissions === undefined) {
    const outcomeOf = () => ({ kind: 'delayed', detail: 'the header could not be read' }) as const;
    recordDelivery(session, context, { outcomeOf, ms: options.monotonicMs() - startedAt, reply: HEADER_FAULT });
    return objectTo(HEADER_FAULT, context.id);
  }
  const origin = findOrigin(options.policy, visit);
  const source = { sender: context.sender, origin: origin instanceof Promise ? await origin : origin };
  const mailboxes = mailboxesOf(context.recipients);
  const addresses = mailboxes.map(({ address }) => address);
  // In one tick with the begin of the attempt: one round trip where the state can do that.
  transaction.extendGreylist();
  const recognisable = isRecognisable(omissions.fields);
  const attempted = { id: context.id, sha256: context.content.sha256, source, mailboxes: addresses, recognisable };
  const attempt = await beginAttempt(session, attempted, ending.signal);
  if (attempt === 'busy') {
    const outcomeOf = () => ({ kind: 'delayed', detail: 'another attempt is running' }) as const;
    recordDelivery(session, context, { outcomeOf, ms: options.monotonicMs() - startedAt, reply: BUSY });
    return objectTo(BUSY, context.id);
  }
  const lacking = mailboxes.filter(({ address }) => !attempt.having.has(address));
  const copies = await storeCopies(session, message, attempt, lacking, omissions.omit);
  const { replies, reply, outcomeOf, result, acknowledges } = summarise(context.id, transaction, attempt, copies.outcomes);
  recordDelivery(session, context, { outcomeOf, attempt, ms: options.monotonicMs() - startedAt, reply });
  if (copies.givenUp) endLate(session, attempt, copies);
  else await endInTime(session, attempt, { result, outcomes: copies.outcomes });
  const onWritten = acknowledges && ((receivedBytes: number) => session.unread.wrote(acknowledges, receivedBytes));
  return { kind: 'message', replies, onWritten };
}

/**
 * The fields of the header, and the ranges that are left out of all copies. Undefined, with a fault in the journal,
 * when the header could not be read.
 */
function findOmissions(
  { id, options }: MxSession,
  visit: Visit<'message'>,
  found: Found<Header>,
): { readonly fields: Header['fields']; readonly omit: readonly Range[] } | undefined {
  if (found.known && !found.value.truncated) {
    return { fields: found.value.fields, omit: findRemovals(found.value, visit.context.settings.hostName) };
  }
  const detail = found.known ? 'the header is longer than what is read' : found.detail;
  options.journal.record({ kind: 'fault', where: 'header', detail, session: id });
  return undefined;
}

/** Ledger, lease and usage; nobody waits for the last of them for long. */
async function endInTime(
  session: MxSession,
  attempt: Attempt,
  { result, outcomes }: { readonly result: AttemptResult; readonly outcomes: ReadonlyMap<string, Outcome> },
): Promise<void> {
  const noted = recordUsage(session, outcomes);
  const ended = attempt.end(result);
  if (noted !== undefined) await withDeadline(noted, USAGE_MS, () => undefined);
  await ended;
}

/**
 * Ends an attempt whose store has not reported in time; the client is answered without it. The lease is kept until it
 * expires, so that no other attempt overlaps with what this one may still do; the store's late report goes into the
 * ledger.
 */
function endLate(session: MxSession, attempt: Attempt, { late }: StoredCopies): void {
  const record = (error: unknown): undefined => {
    session.options.journal.record({ kind: 'fault', where: 'delivery', detail: String(error), session: session.id });
  };
  const end = async (): Promise<void> => {
    const outcomes = await late.catch(record);
    const known = [...(outcomes ?? [])];
    const stored = known.filter(([, { kind }]) => kind === 'stored').map(([mailbox]) => mailbox);
    const uncertain =
      outcomes === undefined || known.some(([, outcome]) => outcome.kind === 'delayed' && (outcome.uncertain || attempt.resumed));
    await attempt.end({ stored, lacking: [], differs: false, told: [], acknowledged: [], uncertain });
    await recordUsage(session, outcomes ?? new Map<string, Outcome>());
  };
  end().catch(record);
}

/** The outcomes of the store by mailbox. When `givenUp` is true there are none yet, and `late` resolves with them. */
interface StoredCopies {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly late: Promise<ReadonlyMap<string, Outcome>>;
  readonly givenUp: boolean;
}

const NONE: ReadonlyMap<string, Outcome> = new Map();

/**
 * Gives the store a copy for each mailbox, without the ranges `omit` of the message. Stores must end when the signal is
 * aborted; one that does not must not block the session. Rejects when the store throws; then the attempt has ended as
 * uncertain, because it is not known what the store has.
 */
async function storeCopies(
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
    await attempt.end({ stored: [], lacking: [], differs: false, told: [], acknowledged: [], uncertain: true });
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

/** What the journal is told of a delivery. */
interface DeliveryRecord {
  readonly outcomeOf: OutcomeOf;
  /** Undefined when no attempt began. */
  readonly attempt?: Pick<Attempt, 'resumed' | 'stateAway'>;
  readonly ms: number;
  readonly reply: Reply;
}

/** Journals the outcome of a message for each mailbox. */
function recordDelivery({ session, options }: MxSession, context: MessageContext, { outcomeOf, attempt, ms, reply }: DeliveryRecord): void {
  const addresses = mailboxesOf(context.recipients).map(({ address }) => address);
  const kindOf = (address: string) => {
    const outcome = outcomeOf(address);
    return outcome === 'already' ? outcome : outcome?.kind;
  };
  const already = addresses.filter((address) => kindOf(address) === 'already');
  options.journal.record({
    kind: 'delivery',
    id: context.id,
    occasion: session.occasion(),
    sizeBytes: context.content.sizeBytes,
    sha256: context.content.sha256,
    stored: addresses.filter((address) => kindOf(address) === 'stored'),
    ...(already.length > 0 ? { already } : {}),
    failed: addresses.flatMap((address) => failureOf(address, outcomeOf(address))),
    ...(attempt?.resumed ? { resumed: true as const } : {}),
    ...(attempt?.stateAway ? { stateAway: true as const } : {}),
    ms: Math.round(ms),
    reply,
  });
}

function failureOf(mailbox: string, outcome: ReturnType<OutcomeOf>): { mailbox: string; detail: string }[] {
  if (outcome === 'already' || outcome?.kind === 'stored') return [];
  if (outcome === undefined) return [{ mailbox, detail: 'no outcome' }];
  return [{ mailbox, detail: outcome.kind === 'refused' ? outcome.text : outcome.detail }];
}

/**
 * Adds the stored octets to the register, unless the store counts itself. A fault of the register is journalled and
 * changes nothing else: the next count corrects the number.
 */
function recordUsage(session: MxSession, outcomes: ReadonlyMap<string, Outcome>): Promise<void> | undefined {
  const { usage } = session.options;
  const notes: Promise<void>[] = [];
  for (const [mailbox, outcome] of outcomes) {
    const change = outcome.kind === 'stored' ? !outcome.counted : outcome.kind === 'refused' && outcome.usedBytes !== undefined;
    if (change) notes.push(noteUsage(usage, mailbox, outcome));
  }
  return notes.length === 0 ? undefined : settleNotes(session, notes);
}

async function noteUsage(usage: MxSession['options']['usage'], mailbox: string, outcome: Outcome): Promise<void> {
  if (outcome.kind === 'stored') await usage.addUsage(mailbox, outcome.bytes);
  // The store counted the mailbox: the next sender is refused at RCPT.
  if (outcome.kind === 'refused' && outcome.usedBytes !== undefined) await usage.setUsage(mailbox, outcome.usedBytes);
}

async function settleNotes({ id, options }: MxSession, notes: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(notes)) {
    if (result.status === 'rejected') {
      options.journal.record({ kind: 'fault', where: 'register', detail: String(result.reason), session: id });
    }
  }
}

const ALL_DELAYED: Delay = '451 4.3.0 the mailbox store did not take the message, please try again later';
const SOME_DELAYED: Delay = '451 4.3.0 the mailbox store did not take the message for every recipient, please try again later';

/** The outcome of a message for one recipient. */
type RecipientOutcome = { readonly kind: 'stored' } | { readonly kind: 'refused'; readonly reply: Refusal } | { readonly kind: 'delayed' };

/**
 * Gives the outcome of a mailbox: `already` when an earlier attempt stored the message, undefined when it is not known.
 */
type OutcomeOf = (mailbox: string) => Outcome | 'already' | undefined;

/** A mailbox as the directory describes it. */
type Mailbox = AcceptedRecipient['destination']['mailboxes'][number];

/** The result of an attempt for the client and for the ledger. */
interface Summary {
  readonly replies: readonly SingleReply[];
  /** The last reply, which is about the message as a whole. */
  readonly reply: Reply;
  readonly outcomeOf: OutcomeOf;
  readonly result: AttemptResult;
  /**
   * Mailboxes of which the client is told that they have the message; undefined when the ledger has no entry for it.
   */
  readonly acknowledges: Acknowledged | undefined;
}

/** The mailboxes of recipients, each once. */
export function mailboxesOf(recipients: readonly AcceptedRecipient[]): readonly Mailbox[] {
  const all = recipients.flatMap((one) => one.destination.mailboxes);
  return [...new Map(all.map((mailbox) => [mailbox.address, mailbox])).values()];
}

/** Summarises an attempt at the message `id`. `outcomes` are those of the mailboxes that lacked it. */
function summarise(id: string, { envelope, refused }: MxTransaction, attempt: Attempt, outcomes: ReadonlyMap<string, Outcome>): Summary {
  const { recipients, accepted, visit } = envelope;
  const { prdr } = visit.context.parameters;
  const outcomeOf: OutcomeOf = (mailbox) => (attempt.having.has(mailbox) ? 'already' : outcomes.get(mailbox));
  const addresses = mailboxesOf(recipients).map(({ address }) => address);
  const stored = addresses.filter((address) => outcomes.get(address)?.kind === 'stored');
  const ends = recipients.map((recipient) => ({ recipient, outcome: outcomeOfRecipient(recipient, outcomeOf) }));
  const of = (...kinds: readonly RecipientOutcome['kind'][]) =>
    mailboxesOf(ends.filter(({ outcome }) => kinds.includes(outcome.kind)).map(({ recipient }) => recipient)).map(({ address }) => address);
  // Without PRDR a message whose outcomes differ gets one 4xx for all.
  const exact = prdr === true || areAlike(ends.map(({ outcome }) => outcome));
  const told = exact ? without(of('stored', 'refused'), of('delayed')) : [];
  // Two recipients may lead to one mailbox: while one of them is delayed, the mailbox stays in the ledger.
  const acknowledged = exact ? without(of('stored'), of('refused', 'delayed')) : [];
  const uncertain = isUncertain(addresses, attempt, outcomeOf);
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
      lacking: exact && !uncertain ? [] : open,
      differs: !exact,
      told: [...told, ...without(refused, addresses)],
      acknowledged,
      uncertain,
    },
    acknowledges: known ? { key: attempt.key, mailboxes: acknowledged } : undefined,
  };
}

/** The outcome of one copy. A refusal that cannot be parsed becomes a delay. */
function outcomeOfMailbox(outcome: Outcome | 'already' | undefined): RecipientOutcome {
  if (outcome === 'already' || outcome?.kind === 'stored') return { kind: 'stored' };
  const reply = outcome?.kind === 'refused' ? parseRefusal(outcome.text) : undefined;
  return reply === undefined ? { kind: 'delayed' } : { kind: 'refused', reply };
}

/**
 * A recipient with several mailboxes has one outcome: delayed when one of them is; else refused when one of them is
 * full or unknown. The others have the message, and the sender learns of the one that has not.
 */
function outcomeOfRecipient(recipient: AcceptedRecipient, outcomeOf: OutcomeOf): RecipientOutcome {
  const outcomes = recipient.destination.mailboxes.map(({ address }) => outcomeOfMailbox(outcomeOf(address)));
  if (outcomes.length === 0) return { kind: 'delayed' };
  return outcomes.find(({ kind }) => kind === 'delayed') ?? outcomes.find(({ kind }) => kind === 'refused') ?? { kind: 'stored' };
}

/**
 * True when a store may have a copy that is not in the ledger: from this attempt, or from an earlier one whose outcome
 * is still not known.
 */
function isUncertain(addresses: readonly string[], { resumed }: Attempt, outcomeOf: OutcomeOf): boolean {
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
 * One reply for all recipients. When the store took some copies and not others, the reply is 4xx; it is 5xx only when
 * nobody got the message.
 */
function replyToAll(id: string, outcomes: readonly RecipientOutcome[]): SingleReply {
  const [first] = outcomes;
  if (first === undefined) return singleReply(id, ALL_DELAYED);
  return singleReply(id, areAlike(outcomes) ? replyTo(id, first) : SOME_DELAYED);
}

/** True when one reply is right for all recipients: all stored, all delayed, or all refused. */
function areAlike(outcomes: readonly RecipientOutcome[]): boolean {
  return new Set(outcomes.map(({ kind }) => kind)).size <= 1;
}

/**
 * The replies of PRDR when they are not all the same: 353, one for each accepted RCPT command in order, and one for the
 * message (draft-hall-prdr-00). The last one is 250 when any mailbox has the message.
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
