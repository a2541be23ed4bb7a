import type { Judgement } from '@vratny/policy';
import type { Session } from './session.ts';

/** What a judgement was about. */
interface Subject {
  /** The receipt; the session's next one unless given. */
  readonly receipt?: string;
  readonly recipient?: string;
  /** What the client is told when the policy has no objection; `250` unless given. */
  readonly said?: string;
}

/** Writes a judgement into the journal, with a fault line for what of our own machinery failed on the way. Gives the receipt under which it is found. */
export function recordJudgement(session: Session, { verdict, trace, alarms }: Judgement, subject: Subject): string {
  const { journal } = session.options;
  const { receipt = session.nextReceipt(), recipient, said = '250' } = subject;
  const reply = verdict.kind === 'pass' ? said : verdict.reply;
  journal.record({ kind: 'decision', id: receipt, occasion: session.occasion(recipient), trace, reply });
  for (const { fact, found } of alarms) {
    if (session.isNewAlarm(found)) journal.record({ kind: 'fault', where: fact, detail: found.detail, session: session.id });
  }
  return receipt;
}
