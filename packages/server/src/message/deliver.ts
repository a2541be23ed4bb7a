import type { Outcome } from '@vratny/delivery';
import { findOrigin, type Visit } from '@vratny/policy';
import type { Delay, Reply } from '@vratny/smtp';
import { allOf, withDeadline } from '@vratny/waiting';
import { type Answer, objectTo } from '../answer.ts';
import { keepDoorOpen } from '../keep-door-open.ts';
import { type Attempt, beginAttempt } from '../ledger/attempt.ts';
import { isRecognisable } from '../ledger/recognisable.ts';
import { USAGE_MS } from '../limits.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';
import { type Consigned, consign, findOmissions } from './consign.ts';
import type { Ending } from './ending.ts';
import { mailboxesOf, type OutcomeOf } from './fates.ts';
import { noteDelivery, noteUsage } from './note-delivery.ts';
import { repliesToEach, replyToAll } from './replies.ts';
import { resultOf } from './result.ts';

const HEADER_FAULT: Delay = '451 4.3.0 the header could not be read in time, please try again later';
const BUSY: Delay = '451 4.3.0 an earlier attempt at this message is still running, please try again later';

/** A message that nobody refused, and what ends the work on it. */
export interface Delivering {
  readonly transaction: Transaction;
  readonly visit: Visit<'message'>;
  readonly ending: Ending;
}

/**
 * Hands the message to those mailboxes that lack it: 250 only when the store has every copy, since now or since an earlier attempt. On any host of
 * the site one attempt at a message runs at a time.
 */
export async function deliverMessage(session: Session, delivering: Delivering): Promise<Answer> {
  const { transaction, visit } = delivering;
  const { options } = session;
  const { context } = visit;
  const startedAt = options.monotonicMs();
  // Stamps tell what is known by now; what they need has its own deadlines and faults.
  await allOf(options.policy.stamps.flatMap((stamp) => stamp.facts).map((fact) => visit.find(fact)));
  const omissions = await findOmissions(session, visit);
  if (omissions === undefined) return objectTo(HEADER_FAULT, context.id);
  const source = { sender: context.sender, origin: await findOrigin(options.policy, visit) };
  // In one tick with the beginning: one round trip where the store of state can do that.
  keepDoorOpen(session, transaction);
  const all = mailboxesOf(context.recipients);
  const recognisable = isRecognisable(omissions.fields);
  const addressed = { id: context.id, sha256: context.content.sha256, source, mailboxes: all.map(({ address }) => address), recognisable };
  const attempt = await beginAttempt(session, addressed, delivering.ending.signal);
  const note = (outcomeOf: OutcomeOf, reply: Reply) =>
    noteDelivery(session, context, {
      outcomeOf,
      attempt: attempt === 'busy' ? { resumed: false, stateAway: false } : attempt,
      ms: options.monotonicMs() - startedAt,
      reply,
    });
  if (attempt === 'busy') {
    note(() => ({ kind: 'delayed', detail: 'another attempt is running' }), BUSY);
    return objectTo(BUSY, context.id);
  }
  const mailboxes = all.filter(({ address }) => !attempt.having.has(address));
  const consigned = await orDoubt(attempt, () =>
    consign(session, { visit, attempt, mailboxes, omit: omissions.omit, ending: delivering.ending }),
  );
  const result = resultOf(transaction, attempt, consigned.outcomes);
  const single = replyToAll(context.id, result.fates);
  const replies = (context.parameters.prdr ? repliesToEach(context.id, result.fates) : undefined) ?? [single];
  note(result.outcomeOf, replies.at(-1)?.reply ?? single.reply);
  if (consigned.givenUp) noteLate(session, attempt, consigned);
  else await Promise.all([attempt.end(result.ended), tellUsage(session, consigned.outcomes)]);
  return { kind: 'outcome', replies, acknowledges: result.acknowledges };
}

/** A bug of a store says nothing about what it has. */
async function orDoubt(attempt: Attempt, work: () => Promise<Consigned>): Promise<Consigned> {
  try {
    return await work();
  } catch (error) {
    await attempt.end({ stored: [], lacking: [], differs: false, told: [], acknowledged: [], inDoubt: true });
    throw error;
  }
}

/**
 * The store does not say what it did, and the client is answered without it. The lease stays as long as it lasts, so that no other attempt meets what
 * this one may still do; what the store says in the end goes into the ledger.
 */
function noteLate(session: Session, attempt: Attempt, { late }: Consigned): void {
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
    await noteUsage(session, outcomes ?? new Map<string, Outcome>());
  };
  end().catch(record);
}

/** Before the client is answered, unless the register takes too long. */
async function tellUsage(session: Session, outcomes: ReadonlyMap<string, Outcome>): Promise<void> {
  await withDeadline(noteUsage(session, outcomes), USAGE_MS, () => undefined);
}
