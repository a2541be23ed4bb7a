import type { Copy, Outcome } from '@vratny/delivery';
import { findRemovals, type Header, type Range } from '@vratny/message';
import { type Found, type FoundOf, findOrigin, header, type MessageContext, type Visit } from '@vratny/policy';
import { type Answer, type JudgedMessage, objectTo } from '@vratny/server';
import type { Delay, Reply } from '@vratny/smtp';
import { allOf, withDeadline, withGrace } from '@vratny/waiting';
import { type Attempt, type AttemptResult, beginAttempt } from '../ledger/attempt.ts';
import { isRecognisable } from '../ledger/recognisable.ts';
import { DELIVERY_GRACE_MS, USAGE_MS } from '../limits.ts';
import type { MxSession, MxTransaction } from '../mx-session.ts';
import { type Mailbox, mailboxesOf, type OutcomeOf, summarise } from './summary.ts';

const HEADER_FAULT: Delay = '451 4.3.0 the header could not be read in time, please try again later';
const BUSY: Delay = '451 4.3.0 an earlier attempt at this message is still running, please try again later';

/**
 * Hands the message to those mailboxes that lack it: 250 only when the store has every copy, since now or since an earlier attempt. On any host of
 * the site one attempt at a message runs at a time.
 */
export async function deliverMessage(transaction: MxTransaction, message: JudgedMessage): Promise<Answer> {
  const { session } = transaction;
  const { options } = session;
  const { visit, ending } = message;
  const { context } = visit;
  const startedAt = options.monotonicMs();
  // Stamps tell what is known by now; what they need has its own deadlines and faults.
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
  // In one tick with the beginning: one round trip where the store of state can do that.
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

/** The header's fields, and what of it is left out of all copies; undefined, with a fault line, when the header could not be read. */
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
 * The store does not say what it did, and the client is answered without it. The lease stays as long as it lasts, so that no other attempt meets what
 * this one may still do; what the store says in the end goes into the ledger.
 */
function endLate(session: MxSession, attempt: Attempt, { late }: StoredCopies): void {
  const record = (error: unknown): undefined => {
    session.options.journal.record({ kind: 'fault', where: 'delivery', detail: String(error), session: session.id });
  };
  const end = async (): Promise<void> => {
    const outcomes = await late.catch(record);
    const known = [...(outcomes ?? [])];
    const stored = known.filter(([, { kind }]) => kind === 'stored').map(([mailbox]) => mailbox);
    const inDoubt =
      outcomes === undefined || known.some(([, outcome]) => outcome.kind === 'delayed' && (outcome.uncertain || attempt.resumed));
    await attempt.end({ stored, lacking: [], differs: false, told: [], acknowledged: [], inDoubt });
    await recordUsage(session, outcomes ?? new Map<string, Outcome>());
  };
  end().catch(record);
}

/** What the store said of each mailbox. After `givenUp` it has said nothing yet, and `late` is what it will say. */
interface StoredCopies {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly late: Promise<ReadonlyMap<string, Outcome>>;
  readonly givenUp: boolean;
}

const NONE: ReadonlyMap<string, Outcome> = new Map();

/**
 * Hands a copy for each of the mailboxes to the store, without the ranges `omit` of the message. Stores promise to end with the signal; one that does
 * not must not hold the session. Rejects with a bug of the store; then the attempt has ended in doubt, since a bug says nothing about what the store has.
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

/** What is written down of a delivery. */
interface DeliveryRecord {
  readonly outcomeOf: OutcomeOf;
  /** Undefined where none began. */
  readonly attempt?: Pick<Attempt, 'resumed' | 'stateAway'>;
  readonly ms: number;
  readonly reply: Reply;
}

/** Tells the journal what became of a message, mailbox by mailbox. */
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
 * Tells the register what was newly stored, unless the store counts for itself. The message is stored whatever the register says: a fault there is
 * written down, and the next count puts it right.
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
  // It was counted, so that the next sender is told at RCPT.
  if (outcome.kind === 'refused' && outcome.usedBytes !== undefined) await usage.setUsage(mailbox, outcome.usedBytes);
}

async function settleNotes({ id, options }: MxSession, notes: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(notes)) {
    if (result.status === 'rejected') {
      options.journal.record({ kind: 'fault', where: 'register', detail: String(result.reason), session: id });
    }
  }
}
