import { type Answer, say } from '../answer.ts';
import type { Session } from '../session.ts';

/** RFC 5321 §4.1.1.10. */
export function quit(session: Session): Answer {
  return say(`221 2.0.0 ${session.options.settings.hostName} says goodbye`);
}
