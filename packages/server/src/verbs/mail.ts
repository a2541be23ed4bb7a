import { judge, startFacts, type Visit } from '@vratny/policy';
import type { Command } from '@vratny/smtp';
import { runSteps, type Steps, wait } from '@vratny/waiting';
import { type Answer, objectTo, say } from '../answer.ts';
import { type Limit, objectByLimit, recordJudgement } from '../record-judgement.ts';
import type { Session } from '../session.ts';

/**
 * MAIL opens a transaction (RFC 5321 §4.1.1.2). Checks of the sender are judged at RCPT, so that each refusal has its
 * recipient.
 */
export function mail(session: Session, command: Extract<Command, { verb: 'MAIL' }>, hello: Visit<'helo'>): Answer | Promise<Answer> {
  return runSteps(open(session, command, hello));
}

const NO_ROOM: Limit = { name: 'no-room', reply: '452 4.3.1 there is no room for messages just now, please try again later' };

function* open(session: Session, { sender, parameters }: Extract<Command, { verb: 'MAIL' }>, hello: Visit<'helo'>): Steps<Answer> {
  const enough = session.tally.reached('messages');
  if (enough !== undefined) return objectByLimit(session, { name: 'session-limit', reply: enough });
  const { policy } = session.options;
  const { visit } = session.openTransaction(hello, sender, parameters);
  try {
    startFacts(policy, visit);
    // Both are started before one is waited for.
    const fitting = session.spoolRoom.fits(parameters.sizeBytes ?? 0);
    const judgement = yield* wait(judge(policy, 'mail', visit));
    const fits = yield* wait(fitting);
    const receipt = recordJudgement(session, judgement, { said: '250 2.1.0', limit: fits ? undefined : NO_ROOM });
    const { verdict } = judgement;
    if (verdict.kind === 'pass' && fits) return say('250 2.1.0 sender noted');
    session.endTransaction();
    return objectTo(verdict.kind === 'pass' ? NO_ROOM.reply : verdict.reply, receipt);
  } catch (error) {
    // After a bug no incomplete transaction may remain.
    session.endTransaction();
    throw error;
  }
}
