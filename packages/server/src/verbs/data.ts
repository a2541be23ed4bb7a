import type { Command, Objection } from '@vratny/smtp';
import { type Answer, type Incoming, type MessageSink, type SingleReply, say } from '../answer.ts';
import { SMALL_CHUNK_BYTES } from '../limits.ts';
import { receiveMessage } from '../message/receive.ts';
import { type Limit, recordLimit } from '../record-judgement.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';

const NO_RECIPIENT: Objection = '554 5.5.1 there is no recipient to send this to';
const NO_BUDGET: Limit = { name: 'no-room', reply: '452 4.3.1 too many messages are on their way in just now, please try again later' };

/** DATA (RFC 5321 §4.1.1.4). */
export function data(session: Session, _command: Command, transaction: Transaction): Answer | Promise<Answer> {
  if (transaction.incoming !== undefined || transaction.chunkRefused !== undefined) {
    return say('503 5.5.1 this message comes with BDAT, say RSET to begin another one');
  }
  if (transaction.recipients.length === 0) return say(NO_RECIPIENT);
  const incoming = beginMessage(session, transaction, false);
  return incoming instanceof Promise ? incoming.then(goAhead) : goAhead(incoming);
}

function goAhead(incoming: Incoming | SingleReply): Answer {
  if ('reply' in incoming) return { kind: 'reply', ...incoming };
  return { kind: 'data', reply: '354 end the message with a dot on a line of its own', incoming };
}

/**
 * BDAT (RFC 3030 §2): the octets follow at once, whatever the reply. A refused chunk is read and dropped, so that none
 * of it is read as commands, and no further chunk is taken until the transaction has ended.
 */
export async function bdat(session: Session, { sizeBytes, last }: Extract<Command, { verb: 'BDAT' }>): Promise<Answer> {
  const { transaction } = session;
  // A small chunk moves little and costs a reply.
  if (sizeBytes < SMALL_CHUNK_BYTES && !last) session.tally.count('junkCommands');
  const incoming = await openChunk(session, transaction);
  if (!('reply' in incoming)) {
    const received: SingleReply = { reply: `250 2.0.0 ${sizeBytes} octets received` };
    const answer = last
      ? () => incoming.sink.answer()
      : async (): Promise<Answer> => ({ kind: 'reply', ...(incoming.sink.problem() ?? received) });
    return { kind: 'chunk', sizeBytes, incoming, answer };
  }
  transaction?.refuseChunks(incoming);
  const answer = async (): Promise<Answer> => {
    if (last && transaction === session.transaction) session.endTransaction();
    return { kind: 'reply', ...incoming };
  };
  return { kind: 'chunk', sizeBytes, incoming: discarded(session), answer };
}

async function openChunk(session: Session, transaction: Transaction | undefined): Promise<Incoming | SingleReply> {
  if (!session.hello) return { reply: '503 5.5.1 say EHLO first' };
  if (!transaction) return { reply: '503 5.5.1 say MAIL first' };
  if (transaction.chunkRefused !== undefined) return transaction.chunkRefused;
  if (transaction.recipients.length === 0) return { reply: NO_RECIPIENT };
  return transaction.incoming ?? beginMessage(session, transaction, true);
}

/** Opens the message of a transaction, unless the octets that it declared are too many just now. */
function beginMessage(
  session: Session,
  transaction: Transaction,
  chunked: boolean,
): Incoming | SingleReply | Promise<Incoming | SingleReply> {
  const { inFlight, monotonicMs } = session.options;
  const declared = transaction.visit.context.parameters.sizeBytes ?? 0;
  const begin = (hasRoom: boolean): Incoming | SingleReply => {
    if (!hasRoom) return { reply: NO_BUDGET.reply, receipt: recordLimit(session, NO_BUDGET) };
    inFlight.give(declared);
    return transaction.begin({ sink: receiveMessage(session, transaction), chunked, startedAtMs: monotonicMs(), receivedBytes: 0 });
  };
  const taken = inFlight.take(declared);
  return typeof taken === 'boolean' ? begin(taken) : taken.then(begin);
}

function discarded({ options }: Session): Incoming {
  const sink: MessageSink = {
    write: () => Promise.resolve(),
    problem: () => undefined,
    answer: () => Promise.resolve(say('503 5.5.1 there is no message')),
    abandon: () => Promise.resolve(),
  };
  return { sink, chunked: true, startedAtMs: options.monotonicMs(), receivedBytes: 0 };
}
