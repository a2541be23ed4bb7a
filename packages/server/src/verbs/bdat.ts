import type { Command, Objection } from '@vratny/smtp';
import { type Answer, type Incoming, type MessageSink, say } from '../answer.ts';
import { SMALL_CHUNK_BYTES } from '../limits.ts';
import { endTransaction, type Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';
import { beginMessage } from './data.ts';

/**
 * BDAT (RFC 3030 §2): the octets follow at once, whatever the answer is going to be. A chunk that is not taken is read and thrown away, so that
 * none of it is ever read as a command, and no chunk behind it is taken until the transaction is over.
 */
export async function bdat(session: Session, { sizeBytes, last }: Extract<Command, { verb: 'BDAT' }>): Promise<Answer> {
  const { transaction } = session;
  // It moves next to nothing, and costs a reply.
  if (sizeBytes < SMALL_CHUNK_BYTES && !last) session.junkCommands += 1;
  const incoming = await openChunk(session, transaction);
  if (typeof incoming !== 'string') {
    const answer = last
      ? () => incoming.sink.answer()
      : async () => say(incoming.sink.problem() ?? `250 2.0.0 ${sizeBytes} octets received`);
    return { kind: 'chunk', sizeBytes, incoming, answer };
  }
  if (transaction) refuseChunks(transaction, incoming);
  const answer = async () => {
    if (last && transaction === session.transaction) endTransaction(session);
    return say(incoming);
  };
  return { kind: 'chunk', sizeBytes, incoming: thrownAway(session), answer };
}

async function openChunk(session: Session, transaction: Transaction | undefined): Promise<Incoming | Objection> {
  if (!session.hello) return '503 5.5.1 say EHLO first';
  if (!transaction) return '503 5.5.1 say MAIL first';
  if (transaction.chunkRefused !== undefined) return transaction.chunkRefused;
  if (transaction.recipients.length === 0) return '554 5.5.1 there is no recipient to send this to';
  return transaction.incoming ?? beginMessage(session, transaction, 'in chunks');
}

/** What came of the message is given back, and no chunk of it is taken any more. */
export function refuseChunks(transaction: Transaction, why: Objection): void {
  transaction.chunkRefused ??= why;
  void transaction.incoming?.sink.abandon();
  transaction.incoming = undefined;
}

function thrownAway({ options }: Session): Incoming {
  const sink: MessageSink = {
    write: () => Promise.resolve(),
    problem: () => undefined,
    answer: () => Promise.resolve(say('503 5.5.1 there is no message')),
    abandon: () => Promise.resolve(),
  };
  return { sink, chunked: true, startedAtMs: options.monotonicMs(), receivedBytes: 0 };
}
