import { type Answer, say } from '../answer.ts';
import { receiveMessage } from '../message/receive.ts';
import type { Session } from '../session.ts';

/** DATA (RFC 5321 §4.1.1.4). */
export function data(session: Session): Answer {
  const { transaction, options } = session;
  if (!transaction || transaction.recipients.length === 0) return say('554 5.5.1 there is no recipient to send this to');
  const declared = transaction.visit.context.parameters.sizeBytes ?? 0;
  if (!options.inFlight.take(declared)) return say('452 4.3.1 too many messages are on their way in just now, please try again later');
  options.inFlight.give(declared);
  return { kind: 'data', reply: '354 end the message with a dot on a line of its own', sink: receiveMessage(session, transaction) };
}
