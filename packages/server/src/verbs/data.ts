import type { Delay } from '@vratny/smtp';
import { type Answer, type Incoming, say } from '../answer.ts';
import { receiveMessage } from '../message/receive.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';

/** DATA (RFC 5321 §4.1.1.4). */
export async function data(session: Session): Promise<Answer> {
  const { transaction } = session;
  if (transaction?.incoming !== undefined || transaction?.chunkRefused !== undefined) {
    return say('503 5.5.1 this message comes with BDAT, say RSET to begin another one');
  }
  if (!transaction || transaction.recipients.length === 0) return say('554 5.5.1 there is no recipient to send this to');
  const incoming = await beginMessage(session, transaction, 'behind DATA');
  if (typeof incoming === 'string') return say(incoming);
  return { kind: 'data', reply: '354 end the message with a dot on a line of its own', incoming };
}

/** Opens the message of a transaction, unless the octets that it declared are too many just now. */
export async function beginMessage(
  session: Session,
  transaction: Transaction,
  how: 'behind DATA' | 'in chunks',
): Promise<Incoming | Delay> {
  const { inFlight, monotonicMs } = session.options;
  const declared = transaction.visit.context.parameters.sizeBytes ?? 0;
  if (!(await inFlight.take(declared))) return '452 4.3.1 too many messages are on their way in just now, please try again later';
  inFlight.give(declared);
  const sink = receiveMessage(session, transaction);
  transaction.incoming = { sink, chunked: how === 'in chunks', startedAtMs: monotonicMs(), receivedBytes: 0 };
  return transaction.incoming;
}
