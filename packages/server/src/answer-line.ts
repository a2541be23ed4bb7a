import { type Command, codeOf, EIGHT_BIT_ADDRESS, isObjection, type Objection, parseCommand } from '@vratny/smtp';
import { type Answer, say } from './answer.ts';
import type { Line } from './engine/stream.ts';
import { objectByLimit } from './record-judgement.ts';
import type { Session } from './session.ts';
import { isJunk, run } from './verbs.ts';

const FOREIGN: Objection = '554 5.5.1 this server speaks SMTP, and what you sent is none';

/**
 * Reads a line as a command and runs it. Counts errors and commands that move no mail; the session ends when a count
 * reaches its bound.
 */
export function answerLine(session: Session, line: Line): Answer | Promise<Answer> {
  if (line.oddity === 'foreign') return { kind: 'end-session', reply: FOREIGN };
  const text = line.text.toString('utf8');
  if (isForeignLine(text)) return { kind: 'end-session', reply: FOREIGN };
  if (line.oddity === 'too-long') return objectToLine(session, text, '500 5.5.2 the command line is too long');
  // RFC 5321 §2.3.8: a line ends with CRLF only. A server that accepts bare LF lets commands be smuggled past another
  // one.
  if (line.oddity === 'bare-lf') return objectToLine(session, text, '500 5.5.2 a command ends with CR and LF');
  const command = parseCommand(text, session.offer);
  if ('malformed' in command) return objectToLine(session, text, command.malformed, command.verb);
  if (isJunk(command)) session.tally.count('junkCommands');
  const end = command.verb === 'QUIT' ? undefined : session.tally.endsSession('junkCommands', session.owesDelivery);
  if (end !== undefined) return say(end);
  const answer = run(session, command);
  return answer instanceof Promise ? answer.then((later) => countAnswer(session, command, later)) : countAnswer(session, command, answer);
}

/** A BDAT command, valid or not. */
const CHUNK = /^[ \t]*BDAT/iu;

/**
 * The answer to a line that is no command. After an invalid BDAT comes a part of a message of unknown length; read as
 * commands, a message could say MAIL and DATA. So the session ends, as in Postfix, and what came of the message is
 * dropped.
 */
function objectToLine(session: Session, text: string, reply: Objection, verb = 'line'): Answer {
  const said = countError(session, verb, reply);
  // They name a sender or a recipient, so that a person may be told of it.
  if (verb === 'MAIL' || verb === 'RCPT') {
    return objectByLimit(session, { name: said === EIGHT_BIT_ADDRESS ? 'eight-bit-address' : 'command-syntax', reply: said }, '');
  }
  return CHUNK.test(text) ? { kind: 'end-session', reply: said } : say(said);
}

const REQUEST = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|INVITE|REGISTER|SUBSCRIBE|DESCRIBE)(?:[ \t]|$)/iu;
/** The end of a request line, or the beginning of a status line, of HTTP and similar protocols. */
const VERSION = /(?:^|[ \t])(?:HTTP|SIP|RTSP|ICAP)\/\d/iu;
/** Headers that browsers and tools send first, when the request line itself was lost. */
const HEADER = /^(?:Host|User-Agent|Content-Length|Via|Upgrade):/iu;
const SSH = /^SSH-\d/iu;
/** A PROXY header from a load balancer whose network is not configured. */
const PROXY = /^PROXY(?:[ \t]|$)/iu;
const FOREIGN_LINES: readonly RegExp[] = [REQUEST, VERSION, HEADER, SSH, PROXY];

/**
 * True for a line of another protocol, which no mail client sends. Such a client was directed here by mistake, or
 * expects that unknown lines are skipped and the SMTP in the body of its request is executed (cross-protocol attacks).
 * Its session ends at once.
 */
function isForeignLine(text: string): boolean {
  return FOREIGN_LINES.some((pattern) => pattern.test(text));
}

function countAnswer(session: Session, command: Command, answer: Answer): Answer {
  const { tally } = session;
  if (answer.kind === 'data' || (command.verb === 'BDAT' && command.last)) tally.forgetJunk();
  if (answer.kind === 'chunk') return { ...answer, answer: async () => countChunk(session, command, await answer.answer()) };
  if (answer.kind !== 'reply' || !isObjection(answer.reply)) return answer;
  // Commands out of order are errors of the protocol too.
  if (answer.receipt === undefined && codeOf(answer.reply) === 503) return say(countError(session, command.verb, answer.reply));
  if (command.verb === 'MAIL' || command.verb === 'DATA') tally.count('junkCommands');
  if (command.verb !== 'RCPT') return answer;
  tally.count('recipientsInVain');
  const end = tally.endsSession('recipientsInVain', session.owesDelivery);
  return end === undefined ? answer : { ...answer, reply: end };
}

/** A refused chunk costs octets and moves no mail; the last one brought a message that was judged. */
function countChunk(session: Session, command: Command, answer: Answer): Answer {
  if (answer.kind !== 'reply' || !isObjection(answer.reply)) return answer;
  if (command.verb === 'BDAT' && command.last && answer.receipt !== undefined) return answer;
  if (answer.receipt === undefined && codeOf(answer.reply) === 503) return say(countError(session, command.verb, answer.reply));
  session.tally.count('junkCommands');
  return answer;
}

function countError(session: Session, verb: string, reply: Objection): Objection {
  const { tally, options } = session;
  const count = tally.count('protocolErrors');
  const said: Objection = tally.endsSession('protocolErrors', session.owesDelivery) ?? reply;
  options.journal.record({ kind: 'protocol', id: `${session.id}.p${count}`, occasion: session.occasion(), verb, reply: said });
  return said;
}
