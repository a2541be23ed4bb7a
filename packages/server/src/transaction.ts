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

  /** Its message, from DATA or the first BDAT on until the message is whole. */
  get incoming(): Incoming | undefined {
    return this.#incoming;
  }

  /** Why a chunk of its message was not taken: no later one may complete what lacks a piece (RFC 3030 §2). */
  get chunkRefused(): SingleReply | undefined {
    return this.#chunkRefused;
  }

  /** The recipient of this address, where it was accepted before. RFC 5321 §4.5.3.1.8: the same recipient twice is one copy. */
  find(address: Address): AcceptedRecipient | undefined {
    const key = addressKey(address);
    return this.#recipients.find(({ recipient }) => addressKey(recipient) === key);
  }

  /** A RCPT command was accepted. */
  accept(recipient: AcceptedRecipient): void {
    if (!this.#recipients.includes(recipient)) this.#recipients.push(recipient);
    this.#accepted.push(recipient);
  }

  /** Its message is on its way in. */
  begin(incoming: Incoming): Incoming {
    this.#incoming = incoming;
    return incoming;
  }

  /** What came of the message is given back, and no chunk of it is taken any more. */
  refuseChunks(why: SingleReply): void {
    this.#chunkRefused ??= why;
    void this.#incoming?.sink.abandon();
    this.#incoming = undefined;
  }

  /** Gives back what came of the message, and ends what is still being looked for. */
  end(): void {
    this.service.end?.();
    void this.#incoming?.sink.abandon();
    this.visit.leave();
  }
}
