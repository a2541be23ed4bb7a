import { greylist } from '@vratny/policy';
import type { Envelope } from '@vratny/server';
import type { MxSession } from './mx-session.ts';

/**
 * An accepted recipient extends the time in which its sender is let through. Once for a transaction: its
 * recipients come within moments, and each would cost a round trip. It is called together with the beginning of the delivery, with which it shares
 * one, or when the transaction ends without a delivery. Nobody waits for it; after a fault the time only ends earlier. True when it was extended.
 */
export function extendGreylist({ id, options }: Pick<MxSession, 'id' | 'options'>, { visit, accepted }: Envelope): boolean {
  const { greylist: store, settings, journal, now } = options;
  const contact = visit.peek(greylist);
  if (!store || accepted.length === 0 || !contact?.known || contact.value.kind !== 'passed') return false;
  store.extend(contact.value.key, now(), settings.greylist).catch((error: unknown) => {
    journal.record({ kind: 'fault', where: 'greylist', detail: String(error), session: id });
  });
  return true;
}
