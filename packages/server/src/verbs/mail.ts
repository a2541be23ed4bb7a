import { judge, startFacts } from '@vratny/policy';
import type { Command, Reply } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import { decide } from '../decide.ts';
import { MESSAGES_MAX } from '../limits.ts';
import { endTransaction, type Session } from '../session.ts';
import { openTransaction } from '../transaction.ts';

/** MAIL opens a transaction (RFC 5321 §4.1.1.2). Checks of the sender wait for RCPT, so that each refusal knows its recipient. */
export async function mail(session: Session, command: Extract<Command, { verb: 'MAIL' }>): Promise<Answer> {
  if (session.transaction) return say('503 5.5.1 a transaction is open already, say RSET to end it');
  const { hello, options } = session;
  if (!hello) return say('503 5.5.1 say EHLO or HELO first');
  if (session.messages >= MESSAGES_MAX) return say('421 4.7.0 enough messages for one session, please connect again');
  const { sender, parameters } = command;
  const visit = hello.open('mail', { ...hello.context, sender, parameters, startedAt: options.now() });
  session.transaction = openTransaction(visit);
  try {
    startFacts(options.policy, visit);
    const [judgement, fits] = await Promise.all([judge(options.policy, 'mail', visit), session.spoolRoom.fits(parameters.sizeBytes ?? 0)]);
    const answer: Reply = fits ? '250 2.1.0 sender noted' : '452 4.3.1 there is no room for messages just now, please try again later';
    const objection = decide(session, judgement, { said: answer });
    if (objection || !fits) endTransaction(session);
    return objection ?? say(answer);
  } catch (error) {
    // A bug of ours must not leave half a transaction behind.
    endTransaction(session);
    throw error;
  }
}
