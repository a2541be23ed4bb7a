import type { Content, GateProblems } from '@vratny/message';
import type { Delay, Refusal } from '@vratny/smtp';
import type { MessageActivity } from '../activity.ts';
import { type Answer, objectTo } from '../answer.ts';
import { DEATHS_MAX } from '../limits.ts';
import { nextReceipt, occasionOf, type Session } from '../session.ts';

/** What came in between DATA and the final dot. */
export interface ReceivedMessage {
  readonly content: Content;
  readonly gate: GateProblems & { readonly oversize: boolean };
}

const DEADLY: Refusal = '554 5.6.0 this message cannot be processed here: each attempt to read it ended a process of this server';
const NOT_ALONE: Delay = '451 4.3.0 this server is too busy to look at this message by itself just now, please try again later';

/**
 * Works on a message in sight of whoever watches this process: its digest is written down before the work begins. A message that processes have died
 * of is worked on alone, and refused once {@link DEATHS_MAX} have.
 */
export async function watchMessage(
  session: Session,
  { content }: ReceivedMessage,
  entry: MessageActivity,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { quietRoom } = session;
  const { suspects } = session.options;
  const said = suspects?.deaths(content.sha256) ?? 0;
  const deaths = typeof said === 'number' ? said : await said;
  if (deaths >= DEATHS_MAX) return objectOnce(session, DEADLY);
  const entered = deaths > 0 ? quietRoom.alone() : quietRoom.share();
  const leave = typeof entered === 'object' ? await entered : entered;
  if (leave === undefined) return objectOnce(session, NOT_ALONE);
  entry.reach('judging', content);
  try {
    return await work();
  } finally {
    entry.end();
    leave();
    if (deaths > 0) suspects?.cleared(content.sha256);
  }
}

function objectOnce(session: Session, reply: Delay | Refusal): Answer {
  session.options.journal.record({ kind: 'session', occasion: occasionOf(session), what: 'refused', detail: reply });
  return objectTo(reply, nextReceipt(session));
}
