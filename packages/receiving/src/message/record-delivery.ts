import type { Outcome } from '@vratny/delivery';
import type { MessageContext } from '@vratny/policy';
import type { Reply } from '@vratny/smtp';
import type { Attempt } from '../ledger/attempt.ts';
import type { MxSession } from '../mx-session.ts';
import { mailboxesOf, type OutcomeOf } from './summary.ts';

/** What is written down of a delivery. */
interface DeliveryRecord {
  readonly outcomeOf: OutcomeOf;
  /** Undefined where none began. */
  readonly attempt?: Pick<Attempt, 'resumed' | 'stateAway'>;
  readonly ms: number;
  readonly reply: Reply;
}

/** Tells the journal what became of a message, mailbox by mailbox. */
export function recordDelivery(
  { session, options }: MxSession,
  context: MessageContext,
  { outcomeOf, attempt, ms, reply }: DeliveryRecord,
): void {
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
export async function recordUsage({ id, options }: MxSession, outcomes: ReadonlyMap<string, Outcome>): Promise<void> {
  const { usage, journal } = options;
  const notes = [...outcomes].map(async ([mailbox, outcome]) => {
    if (outcome.kind === 'stored' && !outcome.counted) await usage.addUsage(mailbox, outcome.bytes);
    // It was counted, so that the next sender is told at RCPT.
    if (outcome.kind === 'refused' && outcome.usedBytes !== undefined) await usage.setUsage(mailbox, outcome.usedBytes);
  });
  for (const result of await Promise.allSettled(notes)) {
    if (result.status === 'rejected') {
      journal.record({ kind: 'fault', where: 'register', detail: String(result.reason), session: id });
    }
  }
}
