import { type Content, createGate, createSpool, type GateProblems, SpoolFault } from '@vratny/message';
import { judge, type MessageContext, startFacts } from '@vratny/policy';
import type { Delay } from '@vratny/smtp';
import { describeBug } from '@vratny/text';
import { onAbort, startDeadline, turnOfEventLoop } from '@vratny/waiting';
import { type MessageActivity, NO_ACTIVITY } from '../activity.ts';
import { type Answer, type MessageSink, objectTo, type SingleReply, say } from '../answer.ts';
import { AFTER_DOT_MS, DEATHS_MAX } from '../limits.ts';
import { type Limit, objectByLimit, recordJudgement, recordLimit } from '../record-judgement.ts';
import type { Ending } from '../service.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';

/**
 * Receives a message: line ends are normalised by the gate, then it is spooled once. What does not fit (limit, disk,
 * budget) is read and dropped up to the final dot, and the reply says so.
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
  let objection: SingleReply | undefined;

  function fail(error: unknown): void {
    fault = faultOf(error);
  }
  function write(chunk: Buffer): void | Promise<void> {
    const bytes = gate.push(chunk);
    if (fault !== undefined || oversize) return;
    oversize = bytes.length > room;
    room -= bytes.length;
    // A message above the limit is cut there; its beginning is enough for the refusal.
    if (oversize) return;
    const written = spool.write(bytes);
    return written instanceof Promise ? written.catch(fail) : undefined;
  }
  async function finish(): Promise<ReceivedMessage | SpoolFault> {
    const lineEnd = gate.end();
    if (lineEnd.length > 0) await write(lineEnd);
    if (fault !== undefined) return fault;
    const content = await finishSpool(spool);
    return content instanceof SpoolFault ? content : { content, gate: { ...gate.problems, oversize }, reading: undefined };
  }
  async function answer(): Promise<Answer> {
    const message = await finish();
    try {
      if (!(message instanceof SpoolFault)) return await answerMessage(session, transaction, message, activity);
      return abandoned ? say(CLIENT_GONE) : spoolAnswer(session, message);
    } catch (error) {
      return objectToBug(session, error);
    } finally {
      activity.end();
      session.tally.count('messages');
      session.endTransaction();
      // Not waited for: memory and budget are freed at once, and closing a file may hang with its disk. Never rejects.
      if (!(message instanceof SpoolFault)) void discard(message);
    }
  }
  async function abandon(): Promise<void> {
    abandoned = true;
    activity.end();
    await spool.abort();
  }
  function problem(): SingleReply | undefined {
    const limit = fault !== undefined ? limitOf(fault) : oversize ? tooLarge(options.limits.messageMaxBytes) : undefined;
    // All chunks of one message have one reply, and one receipt.
    objection ??= limit && { reply: limit.reply, receipt: recordLimit(session, limit) };
    return objection;
  }
  return { write, problem, answer, abandon };
}

/** When nobody reads it any more. */
async function discard({ content, reading }: ReceivedMessage): Promise<void> {
  if (reading !== undefined) await reading;
  await content.discard();
}

async function finishSpool(spool: ReturnType<typeof createSpool>): Promise<Content | SpoolFault> {
  try {
    return await spool.finish();
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): SpoolFault {
  return error instanceof SpoolFault ? error : new SpoolFault('io', String(error));
}

/** While it is known whose message it was. */
function objectToBug(session: Session, error: unknown): Answer {
  session.options.journal.record({ kind: 'fault', where: 'session', detail: describeBug(error), session: session.id });
  return objectByLimit(session, BUG);
}

function spoolAnswer(session: Session, fault: SpoolFault): Answer {
  session.options.journal.record({ kind: 'fault', where: 'spool', detail: fault.message, session: session.id });
  return objectByLimit(session, limitOf(fault));
}

function limitOf({ kind }: SpoolFault): Limit {
  if (kind === 'no-space') return { name: 'no-room', reply: '452 4.3.1 there is no room for the message just now, please try again later' };
  return { name: 'server-fault', reply: '451 4.3.0 the message could not be taken just now, please try again later' };
}

/** The limit of a message's octets. */
export function tooLarge(maxBytes: number, byHowMuch = ''): Limit {
  return { name: 'received-size', reply: `552 5.3.4 the message is larger than ${maxBytes} octets${byHowMuch}` };
}

/** A received message. */
interface ReceivedMessage {
  readonly content: Content;
  readonly gate: GateProblems & { readonly oversize: boolean };
  /** Settles when nothing is found from it any more after the answer. */
  reading: Promise<void> | undefined;
}

/** A reply that is only recorded: the client has gone. */
const CLIENT_GONE: Delay = '451 4.4.2 the connection was lost before the message was stored';
const KILLED_PROCESSES: Limit = {
  name: 'unprocessable',
  reply: '554 5.6.0 this message cannot be processed here: each attempt to read it ended a process of this server',
};
const NO_EXCLUSIVE_LOCK: Limit = {
  name: 'server-busy',
  reply: '451 4.3.0 this server is too busy to look at this message by itself just now, please try again later',
};
const BUG: Limit = { name: 'server-fault', reply: '451 4.3.0 this server could not go on, please try again later' };

/**
 * Processes the message after the final dot. Its digest is recorded before the work begins, so that another process can
 * read it if this one ends. A suspect is processed alone, and refused after {@link DEATHS_MAX} deaths.
 */
async function answerMessage(
  session: Session,
  transaction: Transaction,
  message: ReceivedMessage,
  activity: MessageActivity,
): Promise<Answer> {
  const { messageLock } = session;
  const { suspects } = session.options;
  const { content } = message;
  const said = suspects?.deaths(content.sha256) ?? 0;
  const deaths = typeof said === 'number' ? said : await said;
  if (deaths >= DEATHS_MAX) return objectByLimit(session, KILLED_PROCESSES);
  const entered = deaths > 0 ? messageLock.acquireExclusive() : messageLock.acquireShared();
  const leave = typeof entered === 'object' ? await entered : entered;
  if (leave === undefined) return objectByLimit(session, NO_EXCLUSIVE_LOCK);
  activity.reach('judging', content);
  try {
    return await judgeMessage(session, transaction, message, activity);
  } finally {
    activity.end();
    leave();
    if (deaths > 0) suspects?.cleared(content.sha256);
  }
}

/** Why a fact is not known when the time for one message has ended: no client left then, so it is alarmed. */
const TIME_IS_OVER = `no answer before the ${AFTER_DOT_MS / 1000} s for one message were over`;

/**
 * Runs the policy and then the service, within one time budget. Both end when the connection is lost before the service
 * has the message: the client could not read the reply, and will send the message again.
 */
async function judgeMessage(
  session: Session,
  transaction: Transaction,
  message: ReceivedMessage,
  activity: MessageActivity,
): Promise<Answer> {
  const { content, gate } = message;
  if (session.gone.aborted) return say(CLIENT_GONE);
  const { policy, now } = session.options;
  const id = session.nextReceipt();
  const { recipients } = transaction;
  const context: MessageContext = { ...transaction.visit.context, recipients, content, gate, id, receivedAt: now() };
  const visit = transaction.visit.open('message', context);
  const ending = openEnding(session);
  onAbort(ending.signal, () => visit.leave(ending.isLate() ? TIME_IS_OVER : undefined));
  try {
    startFacts(policy, visit);
    const judgement = await judge(policy, 'message', visit);
    const onReading = (reading: Promise<void>) => {
      message.reading = reading;
    };
    recordJudgement(session, judgement, { receipt: id, contentBytes: content.sizeBytes, onReading });
    if (judgement.verdict.kind !== 'pass') return objectTo(judgement.verdict.reply, id);
    activity.reach('delivering', content);
    return session.gone.aborted ? say(CLIENT_GONE) : await transaction.service.takeMessage({ visit, ending });
  } finally {
    ending.close();
  }
}

function openEnding({ gone }: Pick<Session, 'gone'>): Ending & { isLate(): boolean; close(): void } {
  const over = startDeadline(AFTER_DOT_MS);
  let confirmed = false;
  const stopListening = onAbort(gone, () => {
    if (!confirmed) over.end();
  });
  return {
    signal: over.signal,
    isLate: () => over.passed,
    async confirm() {
      // The kernel may have received a reset already.
      await turnOfEventLoop();
      if (gone.aborted || over.signal.aborted) return false;
      confirmed = true;
      return true;
    },
    close() {
      stopListening();
      over.end();
      over[Symbol.dispose]();
    },
  };
}
