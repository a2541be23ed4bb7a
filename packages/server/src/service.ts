import type { Occasion } from '@vratny/journal';
import type { AcceptedRecipient, Verdict, Visit } from '@vratny/policy';
import type { Objection, Offer } from '@vratny/smtp';
import type { Cancellation } from '@vratny/waiting';
import type { Answer } from './answer.ts';

/**
 * What a host does with its clients and their mail. The server handles SMTP, its bounds and the policy; the rest is
 * here.
 */
export interface Service {
  /** The extensions that depend on the service. */
  readonly offer: Pick<Offer, 'smtpUtf8'>;
  /** A client has connected. */
  connect(session: ConnectedSession): ServiceSession;
}

/** What a service may know of a session. */
export interface ConnectedSession {
  readonly id: string;
  readonly client: { readonly ip: string; readonly port: number };
  /** The subject of a journal event; with this recipient, or with those that were accepted. */
  occasion(recipient?: string): Occasion;
}

/** Sender and recipients so far (RFC 5321 §2.3.1). */
export interface Envelope {
  readonly visit: Visit<'mail'>;
  /** Each once. */
  readonly recipients: readonly AcceptedRecipient[];
  /** The recipient of each accepted RCPT command, in order; a recipient that was named twice is here twice. */
  readonly accepted: readonly AcceptedRecipient[];
}

/** The service's part of one session. */
export interface ServiceSession {
  /** The client said MAIL. */
  openTransaction(envelope: Envelope): ServiceTransaction;
  /**
   * The client's octets from `offset` on are being read: it has read every reply that was written before they were
   * received.
   */
  clientSent?(offset: number): void;
  /**
   * Resolves when the work that {@link clientSent} started is done; the next reply is written after it. Never rejects.
   */
  settled?(): Promise<unknown> | undefined;
  /** The client has left. */
  leave?(): void;
}

/** The service's part of one transaction. */
export interface ServiceTransaction {
  /**
   * The policy accepts a recipient: returns it with its destination, or the reply that refuses it in this transaction.
   * `further`: the transaction has other recipients, and not this one.
   */
  takeRecipient(visit: Visit<'rcpt'>, further: boolean): AcceptedRecipient | Objection | Promise<AcceptedRecipient | Objection>;
  /** The policy objects to a recipient. */
  objectToRecipient?(visit: Visit<'rcpt'>, verdict: Exclude<Verdict['kind'], 'pass'>): void;
  /**
   * Takes a message to which the policy does not object, and returns the answer. A rejection is a bug and becomes 451.
   */
  takeMessage(message: JudgedMessage): Promise<Answer>;
  /** The transaction has ended: its message was answered, or the client cancelled it or left. */
  end?(): void;
}

/** A message to which the policy does not object. */
export interface JudgedMessage {
  readonly visit: Visit<'message'>;
  readonly ending: Ending;
}

/**
 * The end of the work after the final dot: with the answer, when the time budget is used up, or when the connection is
 * lost.
 */
export interface Ending {
  readonly signal: Cancellation;
  /**
   * Whether the message may be stored now: the connection is not lost and there is time left. After the first `true`
   * the loss of the connection ends nothing: the message is stored, and the client learns it when it sends it again.
   */
  confirm(): Promise<boolean>;
}
