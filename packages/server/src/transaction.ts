import type { AcceptedRecipient, Visit } from '@vratny/policy';
import { type Address, addressKey } from '@vratny/smtp';
import type { Incoming, SingleReply } from './answer.ts';
import type { Envelope, ServiceSession, ServiceTransaction } from './service.ts';

/** A mail transaction: MAIL, recipients, and then a message (RFC 5321 §3.3). */
export class Transaction implements Envelope {
  readonly visit: Visit<'mail'>;
  readonly service: ServiceTransaction;
  readonly #recipients: AcceptedRecipient[] = [];
  readonly #accepted: AcceptedRecipient[] = [];
  #incoming: Incoming | undefined;
  #chunkRefused: SingleReply | undefined;

  /** It has no recipient yet. */
  constructor(visit: Visit<'mail'>, service: ServiceSession) {
    this.visit = visit;
    this.service = service.openTransaction(this);
  }

  get recipients(): readonly AcceptedRecipient[] {
    return this.#recipients;
  }

  get accepted(): readonly AcceptedRecipient[] {
    return this.#accepted;
  }

  /** The message, from DATA or the first BDAT until it is complete. */
  get incoming(): Incoming | undefined {
    return this.#incoming;
  }

  /** Why a chunk was refused: later chunks must not complete a message that lacks one (RFC 3030 §2). */
  get chunkRefused(): SingleReply | undefined {
    return this.#chunkRefused;
  }

  /**
   * The recipient of this address, where it was accepted before. RFC 5321 §4.5.3.1.8: the same recipient twice is one
   * copy.
   */
  find(address: Address): AcceptedRecipient | undefined {
    const key = addressKey(address);
    return this.#recipients.find(({ recipient }) => addressKey(recipient) === key);
  }

  /** A RCPT command was accepted. */
  accept(recipient: AcceptedRecipient): void {
    if (!this.#recipients.includes(recipient)) this.#recipients.push(recipient);
    this.#accepted.push(recipient);
  }

  /** The message is being received. */
  begin(incoming: Incoming): Incoming {
    this.#incoming = incoming;
    return incoming;
  }

  /** Drops the message and refuses its further chunks. */
  refuseChunks(why: SingleReply): void {
    this.#chunkRefused ??= why;
    void this.#incoming?.sink.abandon();
    this.#incoming = undefined;
  }

  /** Drops the message, and ends the look-ups of facts. */
  end(): void {
    this.service.end?.();
    void this.#incoming?.sink.abandon();
    this.visit.leave();
  }
}
