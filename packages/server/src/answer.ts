import type { Objection, Reply } from '@vratny/smtp';
import type { DataSink } from './engine/stream.ts';

/** A reply to the client. */
export interface SingleReply {
  readonly reply: Reply;
  /** Identifier under which the decision can be looked up. */
  readonly receipt?: string;
}

/** What the engine does after a command. */
export type Answer =
  | ({ readonly kind: 'reply' } & SingleReply)
  | MessageAnswer
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** Send the reply and start TLS. */
  | { readonly kind: 'start-tls'; readonly reply: Reply }
  /** Send the reply and receive the message; the `answer` of its sink is called after the final dot. */
  | { readonly kind: 'data'; readonly reply: Reply; readonly incoming: Incoming }
  /** So many octets follow without a reply; `answer` is called when the sink has all of them. */
  | { readonly kind: 'chunk'; readonly sizeBytes: number; readonly incoming: Incoming; readonly answer: () => Promise<Answer> }
  /** Send the reply and end the session. */
  | { readonly kind: 'end-session'; readonly reply: Objection };

/** The outcome of a message: one reply, or the replies of PRDR. */
export interface MessageAnswer {
  readonly kind: 'message';
  readonly replies: readonly SingleReply[];
  /**
   * Called after the replies were written, with the number of octets that the client had sent before. Input that comes
   * later shows that the client has read the replies. Infinity when the number is not known. Undefined when nobody
   * needs it.
   */
  readonly onWritten: ((receivedBytes: number) => void) | undefined;
}

/** Receives one message and gives the reply to it. */
export interface MessageSink {
  write: DataSink['write'];
  /** Why the message will be refused, as far as that is known. */
  problem(): SingleReply | undefined;
  /** The reply to the message. Never rejects. */
  answer(): Promise<Answer>;
  /** The client has gone, or the message took too long: drops the message. */
  abandon(): Promise<void>;
}

/** A message that is being received: after DATA, or in chunks (RFC 3030). */
export interface Incoming {
  readonly sink: MessageSink;
  readonly chunked: boolean;
  readonly startedAtMs: number;
  /** Octets received so far, with doubled dots. */
  receivedBytes: number;
}

/** A reply without a receipt. */
export function say(reply: Reply): Answer {
  return { kind: 'reply', reply };
}

/** An objection with a receipt. */
export function objectTo(reply: Objection, receipt: string): Answer {
  return { kind: 'reply', reply, receipt };
}
