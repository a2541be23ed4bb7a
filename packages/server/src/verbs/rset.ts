import { type Answer, say } from '../answer.ts';
import { endTransaction, type Session } from '../session.ts';

/** RFC 5321 §4.1.1.5. */
export function rset(session: Session): Answer {
  endTransaction(session);
  return say('250 2.0.0 transaction forgotten');
}
