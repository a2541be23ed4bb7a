import { type Answer, say } from '../answer.ts';
import { endTransaction, type Session } from '../session.ts';

/** RFC 5321 §4.1.1.10. */
export function quit(session: Session): Answer {
  // The client may keep its side open: what came of a message in chunks is given back now.
  endTransaction(session);
  return say(`221 2.0.0 ${session.options.settings.hostName} says goodbye`);
}
