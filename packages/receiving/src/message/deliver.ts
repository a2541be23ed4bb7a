import type { Outcome } from '@vratny/delivery';
import { findRemovals, type Header, type Range } from '@vratny/message';
import { findOrigin, header, type Visit } from '@vratny/policy';
import { type Answer, type JudgedMessage, objectTo } from '@vratny/server';
import type { Delay } from '@vratny/smtp';
import { allOf, withDeadline } from '@vratny/waiting';
import { type Attempt, beginAttempt } from '../ledger/attempt.ts';
import { isRecognisable } from '../ledger/recognisable.ts';
import { USAGE_MS } from '../limits.ts';
import type { MxSession, MxTransaction } from '../mx-session.ts';
import { recordDelivery, recordUsage } from './record-delivery.ts';
import { type StoredCopies, storeCopies } from './store-copies.ts';
import { mailboxesOf, summarise } from './summary.ts';

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
  await allOf(options.policy.stamps.flatMap((stamp) => stamp.facts).map((fact) => visit.find(fact)));
  const omissions = await findOmissions(session, visit);
  if (omissions === undefined) return objectTo(HEADER_FAULT, context.id);
  const source = { sender: context.sender, origin: await findOrigin(options.policy, visit) };
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
  else await Promise.all([attempt.end(result), withDeadline(recordUsage(session, copies.outcomes), USAGE_MS, () => undefined)]);
  const onWritten = acknowledges && ((receivedBytes: number) => session.unread.wrote(acknowledges, receivedBytes));
  return { kind: 'message', replies, onWritten };
}

/** The header's fields, and what of it is left out of all copies; undefined, with a fault line, when the header could not be read. */
async function findOmissions(
  { id, options }: MxSession,
  visit: Visit<'message'>,
): Promise<{ readonly fields: Header['fields']; readonly omit: readonly Range[] } | undefined> {
  const found = await visit.find(header);
  if (found.known && !found.value.truncated) {
    return { fields: found.value.fields, omit: findRemovals(found.value, visit.context.settings.hostName) };
  }
  const detail = found.known ? 'the header is longer than what is read' : found.detail;
  options.journal.record({ kind: 'fault', where: 'header', detail, session: id });
  return undefined;
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
