import { greylist } from '@vratny/policy';
import type { ServerOptions } from './options.ts';
import type { Transaction } from './transaction.ts';

/** What is needed of a session to extend its sender's time. */
interface Extending {
  readonly id: string;
  readonly options: Pick<ServerOptions, 'greylist' | 'settings' | 'journal' | 'now'>;
}

/**
 * An accepted recipient extends the time in which its sender is let through. Once for a transaction: its
 * recipients come within moments, and each would cost a round trip. It is called together with the beginning of the delivery, with which it shares
 * one, or when the transaction ends without a delivery. Nobody waits for it; a fault only makes the door close earlier.
 */
export function keepDoorOpen(session: Extending, transaction: Transaction): void {
  const { greylist: store, settings, journal, now } = session.options;
  const contact = transaction.visit.peek(greylist);
  if (!store || transaction.extended || transaction.accepted.length === 0) return;
  if (!contact?.known || contact.value.kind !== 'passed') return;
  transaction.extended = true;
  store.extend(contact.value.key, now(), settings.greylist).catch((error: unknown) => {
    journal.record({ kind: 'fault', where: 'greylist', detail: String(error), session: session.id });
  });
}
