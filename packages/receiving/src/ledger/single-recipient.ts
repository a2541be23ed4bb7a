import { findOrigin } from '@vratny/policy';
import type { Envelope } from '@vratny/server';
import type { Delay } from '@vratny/smtp';
import { UNSETTLED_READ_MAX } from '../limits.ts';
import type { MxSession } from '../mx-session.ts';
import { readEntry, unsettledKey } from './attempt.ts';
import { stateInTime } from './state-in-time.ts';

/** What further recipients of such a transaction are told. */
export const ONE_AT_A_TIME: Delay =
  '452 4.5.3 one recipient at a time please: a message of yours ended differently for its recipients, send this one in another transaction';

/**
 * Whether this transaction may have one recipient only: a message of this sender ended differently for its recipients, and the answers to its retry
 * shall be exact. Asked once, at the second recipient: mail for one costs nothing. Those who asked
 * for PRDR get exact answers anyway. While state is away every transaction may have many.
 */
export async function hasOneRecipientOnly(session: MxSession, { visit }: Envelope): Promise<boolean> {
  if (visit.context.parameters.prdr) return false;
  const { policy, ledger, now } = session.options;
  const unsettled = unsettledKey({ sender: visit.context.sender, origin: await findOrigin(policy, visit) });
  const told = await stateInTime(session, ledger.read(unsettled, now()));
  if (!told.known || told.value.length === 0) return false;
  return told.value.length > UNSETTLED_READ_MAX || someUnsettled(session, unsettled, told.value);
}

/**
 * Looks at the messages themselves: a sender that was told at RCPT that a mailbox is gone or full never comes back with the message, so that nothing
 * takes its mark away, and each further message that ends differently would make all marks last longer. A mark whose message is forgotten goes.
 */
async function someUnsettled(session: MxSession, unsettled: string, keys: readonly string[]): Promise<boolean> {
  const { ledger, now } = session.options;
  const told = await stateInTime(session, Promise.all(keys.map((key) => ledger.read(key, now()))));
  if (!told.known) return false;
  const settled = keys.filter((_, i) => readEntry(told.value[i] ?? []).lacking.length === 0);
  if (settled.length > 0) await stateInTime(session, ledger.drop(unsettled, settled));
  return settled.length < keys.length;
}
