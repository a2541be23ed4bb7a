import type { Content, GateProblems } from '@vratny/message';
import { judge, type MessageContext, startFacts } from '@vratny/policy';
import type { Delay, Refusal } from '@vratny/smtp';
import { onAbort, startDeadline, turnOfEventLoop } from '@vratny/waiting';
import type { MessageActivity } from '../activity.ts';
import { type Answer, objectTo, say } from '../answer.ts';
import { AFTER_DOT_MS, DEATHS_MAX } from '../limits.ts';
import { recordJudgement } from '../record-judgement.ts';
import type { Ending } from '../service.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';

/** What came in between DATA and the final dot. */
export interface ReceivedMessage {
  readonly content: Content;
  readonly gate: GateProblems & { readonly oversize: boolean };
}

/** For the record: nobody reads it. */
export const CLIENT_GONE: Delay = '451 4.4.2 the connection was lost before the message was stored';
const DEADLY: Refusal = '554 5.6.0 this message cannot be processed here: each attempt to read it ended a process of this server';
const NOT_ALONE: Delay = '451 4.3.0 this server is too busy to look at this message by itself just now, please try again later';

/**
 * After the final dot, in sight of whoever watches this process: the digest of the message is written down before the work begins. A message that
 * processes have died of is worked on alone, and refused once {@link DEATHS_MAX} have.
 */
export async function answerMessage(
  session: Session,
  transaction: Transaction,
  message: ReceivedMessage,
  activity: MessageActivity,
): Promise<Answer> {
  const { quietRoom } = session;
  const { suspects } = session.options;
  const { content } = message;
  const said = suspects?.deaths(content.sha256) ?? 0;
  const deaths = typeof said === 'number' ? said : await said;
  if (deaths >= DEATHS_MAX) return refuse(session, DEADLY);
  const entered = deaths > 0 ? quietRoom.alone() : quietRoom.share();
  const leave = typeof entered === 'object' ? await entered : entered;
  if (leave === undefined) return refuse(session, NOT_ALONE);
  activity.reach('judging', content);
  try {
    return await judgeMessage(session, transaction, message, activity);
  } finally {
    activity.end();
    leave();
    if (deaths > 0) suspects?.cleared(content.sha256);
  }
}

function refuse(session: Session, reply: Delay | Refusal): Answer {
  session.options.journal.record({ kind: 'session', occasion: session.occasion(), what: 'refused', detail: reply });
  return objectTo(reply, session.nextReceipt());
}

/**
 * The policy, then the service; one budget of time for both. It ends when the connection is lost before the service has the message: nobody would
 * read the reply, and the sender will come back.
 */
async function judgeMessage(
  session: Session,
  transaction: Transaction,
  { content, gate }: ReceivedMessage,
  activity: MessageActivity,
): Promise<Answer> {
  if (session.gone.aborted) return say(CLIENT_GONE);
  const { policy, now } = session.options;
  const id = session.nextReceipt();
  const { recipients } = transaction;
  const context: MessageContext = { ...transaction.visit.context, recipients, content, gate, id, receivedAt: now() };
  const visit = transaction.visit.open('message', context);
  const ending = openEnding(session);
  onAbort(ending.signal, () => visit.leave());
  try {
    startFacts(policy, visit);
    const judgement = await judge(policy, 'message', visit);
    recordJudgement(session, judgement, { receipt: id });
    if (judgement.verdict.kind !== 'pass') return objectTo(judgement.verdict.reply, id);
    activity.reach('delivering', content);
    return session.gone.aborted ? say(CLIENT_GONE) : await transaction.service.takeMessage({ visit, ending });
  } finally {
    ending.close();
  }
}

function openEnding({ gone }: Pick<Session, 'gone'>): Ending & { close(): void } {
  const over = startDeadline(AFTER_DOT_MS);
  let confirmed = false;
  const stopListening = onAbort(gone, () => {
    if (!confirmed) over.end();
  });
  return {
    signal: over.signal,
    async confirm() {
      // A reset may lie in the kernel's hands already.
      await turnOfEventLoop();
      if (gone.aborted || over.signal.aborted) return false;
      confirmed = true;
      return true;
    },
    close() {
      stopListening();
      over.end();
      over[Symbol.dispose]();
    },
  };
}
