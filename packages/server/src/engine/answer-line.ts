import { type Command, codeOf, type Delay, isObjection, type Objection, parseCommand } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import { COMMANDS_BEYOND_BOUNDS_MAX, JUNK_COMMANDS_MAX, PROTOCOL_ERRORS_MAX, RECIPIENTS_IN_VAIN_MAX } from '../limits.ts';
import { offerOf } from '../offer.ts';
import { occasionOf, owesDelivery, type Session } from '../session.ts';
import { refuseChunks } from '../verbs/bdat.ts';
import { isJunk, run } from '../verbs/table.ts';
import { isForeignLine } from './foreign.ts';
import type { Line } from './stream.ts';

const FOREIGN: Objection = '554 5.5.1 this server speaks SMTP, and what you sent is none';
const TOO_MUCH_JUNK: Delay = '421 4.7.0 too many commands without mail';
const TOO_MANY_ERRORS: Delay = '421 4.7.0 too many errors in this session';

/** Reads a line as a command, runs it, and counts what brings no mail nearer: each kind has its bound, beyond which the session ends. */
export async function answerLine(session: Session, line: Line): Promise<Answer> {
  if (line.oddity === 'foreign') return { kind: 'goodbye', reply: FOREIGN };
  if (line.oddity === 'too-long') return say(countError(session, 'line', '500 5.5.2 the command line is too long'));
  const text = line.text.toString('utf8');
  if (isForeignLine(text)) return { kind: 'goodbye', reply: FOREIGN };
  // RFC 5321 §2.3.8: a line ends with CRLF alone. Reading a bare LF as one is how commands are smuggled past another server.
  if (line.oddity === 'bare-lf') return say(countError(session, 'line', '500 5.5.2 a command ends with CR and LF'));
  const command = parseCommand(text, offerOf(session));
  if ('malformed' in command) {
    // How many octets belong to it cannot be told: a message that lacks a piece must not be completed.
    if (command.verb === 'BDAT' && session.transaction) refuseChunks(session.transaction, command.malformed);
    return say(countError(session, command.verb, command.malformed));
  }
  if (isJunk(command.verb)) session.junkCommands += 1;
  if (session.junkCommands > JUNK_COMMANDS_MAX && command.verb !== 'QUIT' && endsNow(session)) return say(TOO_MUCH_JUNK);
  return countAnswer(session, command, await run(session, command));
}

/** A bound was passed: true when the session ends for it, false while accepted recipients wait for their message. */
function endsNow(session: Session): boolean {
  session.commandsBeyondBounds += 1;
  return !owesDelivery(session) || session.commandsBeyondBounds > COMMANDS_BEYOND_BOUNDS_MAX;
}

function countAnswer(session: Session, command: Command, answer: Answer): Answer {
  if (answer.kind === 'data' || (command.verb === 'BDAT' && command.last)) session.junkCommands = 0;
  if (answer.kind === 'chunk') return { ...answer, answer: async () => countChunk(session, command, await answer.answer()) };
  if (answer.kind !== 'reply' || !isObjection(answer.reply)) return answer;
  // Commands out of order are errors of the protocol too.
  if (answer.receipt === undefined && codeOf(answer.reply) === 503) return say(countError(session, command.verb, answer.reply));
  if (command.verb === 'MAIL' || command.verb === 'DATA') session.junkCommands += 1;
  if (command.verb === 'RCPT') return countRecipient(session, answer);
  return answer;
}

/** A chunk that was not taken costs octets and brings no mail nearer. */
function countChunk(session: Session, { verb }: Command, answer: Answer): Answer {
  if (answer.kind !== 'reply' || !isObjection(answer.reply) || answer.receipt !== undefined) return answer;
  if (codeOf(answer.reply) === 503) return say(countError(session, verb, answer.reply));
  session.junkCommands += 1;
  return answer;
}

function countRecipient(session: Session, answer: Answer): Answer {
  session.recipientsInVain += 1;
  if (session.recipientsInVain <= RECIPIENTS_IN_VAIN_MAX || !endsNow(session)) return answer;
  return say('421 4.7.0 too many recipients of this session were not taken');
}

function countError(session: Session, verb: string, reply: Objection): Objection {
  session.protocolErrors += 1;
  const last: Objection = session.protocolErrors > PROTOCOL_ERRORS_MAX && endsNow(session) ? TOO_MANY_ERRORS : reply;
  const id = `${session.id}.p${session.protocolErrors}`;
  session.options.journal.record({ kind: 'protocol', id, occasion: occasionOf(session), verb, reply: last });
  return last;
}
