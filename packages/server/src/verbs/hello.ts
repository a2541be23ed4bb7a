import { startFacts } from '@vratny/policy';
import { type Command, EXTENSIONS } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import { offerOf } from '../offer.ts';
import { forgetHello, type Session } from '../session.ts';

/** EHLO and HELO (RFC 5321 §4.1.1.1). The name is the client's claim: SPF asks about it, nothing else believes it. */
export function hello(session: Session, command: Extract<Command, { verb: 'EHLO' | 'HELO' }>): Answer {
  forgetHello(session);
  const helo = { verb: command.verb, name: command.name };
  session.hello = session.visit.open('helo', { ...session.visit.context, helo, tls: session.tls });
  startFacts(session.options.policy, session.hello);
  const { hostName } = session.options.settings;
  if (command.verb === 'HELO') return say(`250 ${hostName}`);
  const offer = offerOf(session);
  const keywords = EXTENSIONS.map((extension) => extension.advertise(offer)).filter((line) => line !== undefined);
  return { kind: 'lines', lines: [hostName, ...keywords] };
}
