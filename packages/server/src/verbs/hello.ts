import { type Command, EXTENSIONS } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import type { Session } from '../session.ts';

/** EHLO and HELO (RFC 5321 §4.1.1.1). The name is the client's claim: SPF asks about it, nothing else believes it. */
export function hello(session: Session, { verb, name }: Extract<Command, { verb: 'EHLO' | 'HELO' }>): Answer {
  session.openHello({ verb, name });
  const { hostName } = session.options.settings;
  if (verb === 'HELO') return say(`250 ${hostName}`);
  const { offer } = session;
  const keywords = EXTENSIONS.map((extension) => extension.advertise(offer)).filter((line) => line !== undefined);
  return { kind: 'lines', lines: [hostName, ...keywords] };
}

/** STARTTLS (RFC 3207). The client says EHLO again when TLS is up. */
export function startTls(session: Session): Answer {
  if (session.tls) return say('503 5.5.1 TLS is on already');
  if (!session.offer.startTls) return say('502 5.5.1 TLS is not offered here');
  // Everything is forgotten when TLS is up; a transaction waits no longer.
  session.endTransaction();
  return { kind: 'start-tls', reply: '220 2.0.0 go ahead with TLS' };
}
