import { createGate, createSpool, SpoolFault } from '@vratny/message';
import type { Delay, Objection } from '@vratny/smtp';
import { NO_ACTIVITY } from '../activity.ts';
import { type Answer, type MessageSink, say } from '../answer.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';
import { answerMessage, CLIENT_GONE, type ReceivedMessage } from './judge-message.ts';

/**
 * Takes a message: line ends normalised at the gate, then spooled once. What does not fit (limit, disk, budget) is swallowed up to the final dot,
 * and the answer says so.
 */
export function receiveMessage(session: Session, transaction: Transaction): MessageSink {
  const { options } = session;
  const gate = createGate();
  const spool = createSpool({ directory: options.spoolDirectory, budget: options.inFlight });
  const activity = (options.activity ?? NO_ACTIVITY).begin(session.id);
  let room = options.limits.messageMaxBytes;
  let oversize = false;
  let fault: SpoolFault | undefined;
  let abandoned = false;

  async function write(chunk: Buffer): Promise<void> {
    const bytes = gate.push(chunk);
    if (fault !== undefined || oversize) return;
    oversize = bytes.length > room;
    room -= bytes.length;
    // A message above the limit is cut there: its beginning is enough to say why it is refused.
    if (oversize) return;
    try {
      await spool.write(bytes);
    } catch (error) {
      fault = error instanceof SpoolFault ? error : new SpoolFault('io', String(error));
    }
  }

  async function finish(): Promise<ReceivedMessage | SpoolFault> {
    const lineEnd = gate.end();
    if (lineEnd.length > 0) await write(lineEnd);
    if (fault !== undefined) return fault;
    try {
      return { content: await spool.finish(), gate: { ...gate.problems, oversize } };
    } catch (error) {
      return error instanceof SpoolFault ? error : new SpoolFault('io', String(error));
    }
  }

  async function answer(): Promise<Answer> {
    const message = await finish();
    try {
      if (!(message instanceof SpoolFault)) return await answerMessage(session, transaction, message, activity);
      return abandoned ? say(CLIENT_GONE) : spoolAnswer(session, message);
    } finally {
      activity.end();
      session.tally.count('messages');
      session.endTransaction();
      // Not waited for: memory and budget are given back at once, and closing a file may hang with its disk. It never rejects.
      if (!(message instanceof SpoolFault)) void message.content.discard();
    }
  }

  async function abandon(): Promise<void> {
    abandoned = true;
    activity.end();
    await spool.abort();
  }
  function problem(): Objection | undefined {
    if (fault !== undefined) return replyToFault(fault);
    return oversize ? `552 5.3.4 the message is larger than ${options.limits.messageMaxBytes} octets` : undefined;
  }
  return { write, problem, answer, abandon };
}

function spoolAnswer(session: Session, fault: SpoolFault): Answer {
  const { journal } = session.options;
  journal.record({ kind: 'fault', where: 'spool', detail: fault.message, session: session.id });
  journal.record({ kind: 'session', occasion: session.occasion(), what: 'refused', detail: fault.message });
  return say(replyToFault(fault));
}

function replyToFault({ kind }: SpoolFault): Delay {
  if (kind === 'no-space') return '452 4.3.1 there is no room for the message just now, please try again later';
  return '451 4.3.0 the message could not be taken just now, please try again later';
}
