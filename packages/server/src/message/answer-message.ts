import { judge, type MessageContext, startFacts } from '@vratny/policy';
import type { Delay } from '@vratny/smtp';
import { onAbort } from '@vratny/waiting';
import type { MessageActivity } from '../activity.ts';
import { type Answer, say } from '../answer.ts';
import { decide } from '../decide.ts';
import { nextReceipt, type Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';
import { deliverMessage } from './deliver.ts';
import { createEnding } from './ending.ts';
import type { ReceivedMessage } from './watched-message.ts';

/** For the record: nobody reads it. */
export const CLIENT_GONE: Delay = '451 4.4.2 the connection was lost before the message was stored';

/**
 * After the final dot: checks, then delivery, then the reply; one budget of time for all of it. It ends when the connection is lost before the store
 * has the message: nobody would read the reply, and the sender will come back.
 */
export async function answerMessage(
  session: Session,
  transaction: Transaction,
  message: ReceivedMessage,
  activity: MessageActivity,
): Promise<Answer> {
  if (session.gone.aborted) return say(CLIENT_GONE);
  const { options } = session;
  const id = nextReceipt(session);
  const context: MessageContext = {
    ...transaction.visit.context,
    recipients: transaction.recipients,
    content: message.content,
    gate: message.gate,
    id,
    receivedAt: options.now(),
  };
  const visit = transaction.visit.open('message', context);
  const ending = createEnding(session);
  onAbort(ending.signal, () => visit.leave());
  try {
    startFacts(options.policy, visit);
    const judgement = await judge(options.policy, 'message', visit);
    const objection = decide(session, judgement, { id });
    if (objection) return objection;
    activity.reach('delivering', message.content);
    return session.gone.aborted ? say(CLIENT_GONE) : await deliverMessage(session, { transaction, visit, ending });
  } finally {
    ending.close();
  }
}
