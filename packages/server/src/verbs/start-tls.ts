import { type Answer, say } from '../answer.ts';
import { endTransaction, type Session } from '../session.ts';

/** RFC 3207. */
export function startTls(session: Session): Answer {
  if (session.tls) return say('503 5.5.1 TLS is on already');
  if (!session.options.tls) return say('502 5.5.1 TLS is not offered here');
  // Everything is forgotten when TLS is up; a transaction waits no longer.
  endTransaction(session);
  return { kind: 'start-tls', reply: '220 2.0.0 go ahead with TLS' };
}
