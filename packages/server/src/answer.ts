import type { Objection, Reply } from '@vratny/smtp';
import type { DataSink } from './engine/stream.ts';

/** A line to the client. */
export interface SingleReply {
  readonly reply: Reply;
  /** Under which somebody may ask about it. */
  readonly receipt?: string;
}

/** What a verb wants the engine to do. */
export type Answer =
  | ({ readonly kind: 'reply' } & SingleReply)
  | MessageAnswer
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** Say so and start TLS. */
  | { readonly kind: 'start-tls'; readonly reply: Reply }
  /** Say so and take the message; its sink's `answer` is asked once the final dot was seen. */
  | { readonly kind: 'data'; readonly reply: Reply; readonly incoming: Incoming }
  /** So many octets follow at once; `answer` is asked when the sink has them all. */
  | { readonly kind: 'chunk'; readonly sizeBytes: number; readonly incoming: Incoming; readonly answer: () => Promise<Answer> }
  /** Say so and end the session. */
  | { readonly kind: 'goodbye'; readonly reply: Objection };

/** What became of a message: one reply, or the replies of PRDR. */
export interface MessageAnswer {
  readonly kind: 'message';
  readonly replies: readonly SingleReply[];
  /**
   * Called once the replies were written, with the number of the client's octets received before: what comes behind them shows that the client has
   * read the replies. Infinity when the number is not known. Undefined when nobody wants to know.
   */
  readonly onWritten: ((receivedBytes: number) => void) | undefined;
}

/** Takes one message and knows the reply to it. */
export interface MessageSink {
  write: DataSink['write'];
  /** Why the message will not be taken, as far as that is known already. */
  problem(): SingleReply | undefined;
  /** The reply to the message. Never rejects. */
  answer(): Promise<Answer>;
  /** The client is gone, or the message took too long: nothing is kept. */
  abandon(): Promise<void>;
}

/** A message on its way in: behind DATA, or in chunks (RFC 3030). */
export interface Incoming {
  readonly sink: MessageSink;
  readonly chunked: boolean;
  readonly startedAtMs: number;
  /** Octets so far, as they came over the wire. */
  receivedBytes: number;
}

/** A reply without a receipt. */
export function say(reply: Reply): Answer {
  return { kind: 'reply', reply };
}

/** An objection that somebody may ask about. */
export function objectTo(reply: Objection, receipt: string): Answer {
  return { kind: 'reply', reply, receipt };
}
