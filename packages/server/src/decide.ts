import type { Judgement } from '@vratny/policy';
import { type Answer, objectTo } from './answer.ts';
import { nextReceipt, occasionOf, type Session } from './session.ts';

/** Writes a judgement down, and what of our own machinery failed on the way; the answer to the client when it is an objection. `said` is what a pass is answered with, for the record. */
export function decide(
  session: Session,
  judgement: Judgement,
  subject: { id?: string; recipient?: string; said?: string } = {},
): Answer | undefined {
  const { verdict, trace } = judgement;
  const id = subject.id ?? nextReceipt(session);
  const reply = verdict.kind === 'pass' ? (subject.said ?? '250') : verdict.reply;
  session.options.journal.record({ kind: 'decision', id, occasion: occasionOf(session, subject.recipient), trace, reply });
  alarm(session, judgement);
  return verdict.kind === 'pass' ? undefined : objectTo(verdict.reply, id);
}

/** Once for each time it failed: the answer about a sender serves all its recipients. */
function alarm(session: Session, { alarms }: Judgement): void {
  for (const { fact, found } of alarms) {
    if (session.alarmed.has(found)) continue;
    session.alarmed.add(found);
    session.options.journal.record({ kind: 'fault', where: fact, detail: found.detail, session: session.id });
  }
}
