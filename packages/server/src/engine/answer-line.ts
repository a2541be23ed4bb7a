import { type Command, codeOf, isObjection, type Objection, parseCommand } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import { JUNK_COMMANDS_MAX, PROTOCOL_ERRORS_MAX, RECIPIENTS_IN_VAIN_MAX } from '../limits.ts';
import { offerOf } from '../offer.ts';
import { occasionOf, type Session } from '../session.ts';
import { isJunk, run } from '../verbs/table.ts';
import type { Line } from './stream.ts';

/** Reads a line as a command, runs it, and counts what brings no mail nearer: each kind has its bound, beyond which the session ends. */
export async function answerLine(session: Session, line: Line): Promise<Answer> {
  if (line.oddity === 'too-long') return countError(session, 'line', '500 5.5.2 the command line is too long');
  // RFC 5321 §2.3.8: a line ends with CRLF alone. Reading a bare LF as one is how commands are smuggled past another server.
  if (line.oddity === 'bare-lf') return countError(session, 'line', '500 5.5.2 a command ends with CR and LF');
  const command = parseCommand(line.text.toString('utf8'), offerOf(session));
  if ('malformed' in command) return countError(session, command.verb, command.malformed);
  if (isJunk(command.verb)) session.junkCommands += 1;
  if (session.junkCommands > JUNK_COMMANDS_MAX && command.verb !== 'QUIT') return say('421 4.7.0 too many commands without mail');
  return countAnswer(session, command, await run(session, command));
}

function countAnswer(session: Session, command: Command, answer: Answer): Answer {
  if (answer.kind === 'data') session.junkCommands = 0;
  if (answer.kind !== 'reply' || !isObjection(answer.reply)) return answer;
  // Commands out of order are errors of the protocol too.
  if (answer.receipt === undefined && codeOf(answer.reply) === 503) return countError(session, command.verb, answer.reply);
  if (command.verb === 'MAIL' || command.verb === 'DATA') session.junkCommands += 1;
  if (command.verb === 'RCPT') session.recipientsInVain += 1;
  return session.recipientsInVain > RECIPIENTS_IN_VAIN_MAX ? say('421 4.7.0 too many recipients of this session were not taken') : answer;
}

function countError(session: Session, verb: string, reply: Objection): Answer {
  session.protocolErrors += 1;
  const last: Objection = session.protocolErrors > PROTOCOL_ERRORS_MAX ? '421 4.7.0 too many errors in this session' : reply;
  const id = `${session.id}.p${session.protocolErrors}`;
  session.options.journal.record({ kind: 'protocol', id, occasion: occasionOf(session), verb, reply: last });
  return say(last);
}
