import { greylist } from '@vratny/policy';
import type { Session, Transaction } from './session.ts';

/**
 * An accepted recipient extends the time in which its sender is let through. Once for a transaction: its
 * recipients come within moments, and each would cost a round trip. It is called together with the beginning of the delivery, with which it shares
 * one, or when the transaction ends without a delivery. Nobody waits for it; a fault only makes the door close earlier.
 */
export function keepDoorOpen(session: Session, transaction: Transaction): void {
  const { greylist: store, settings, journal, now } = session.options;
  const contact = transaction.visit.peek(greylist);
  if (!store || transaction.extended || transaction.accepted.length === 0) return;
  if (!contact?.known || contact.value.kind !== 'passed') return;
  transaction.extended = true;
  store.extend(contact.value.key, now(), settings.greylist).catch((error: unknown) => {
    journal.record({ kind: 'fault', where: 'greylist', detail: String(error), session: session.id });
  });
}
