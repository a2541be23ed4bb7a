import type { Occasion } from '@vratny/journal';
import type { AcceptedRecipient, Verdict, Visit } from '@vratny/policy';
import type { Objection, Offer } from '@vratny/smtp';
import type { Cancellation } from '@vratny/waiting';
import type { Answer } from './answer.ts';

/** What a host does with its clients and their mail. The server speaks SMTP, keeps the bounds and asks the policy; everything else is here. */
export interface Service {
  /** The extensions that depend on it. */
  readonly offer: Pick<Offer, 'smtpUtf8'>;
  /** A client has connected. */
  connect(session: ConnectedSession): ServiceSession;
}

/** What a service may know of a session. */
export interface ConnectedSession {
  readonly id: string;
  readonly client: { readonly ip: string; readonly port: number };
  /** Who and what an event is about; with this recipient, or those that were accepted. */
  occasion(recipient?: string): Occasion;
}

/** Sender and recipients, as far as they are known (RFC 5321 §2.3.1). */
export interface Envelope {
  readonly visit: Visit<'mail'>;
  /** Each once. */
  readonly recipients: readonly AcceptedRecipient[];
  /** What each accepted RCPT command named, in their order: one recipient may be named again and again. */
  readonly accepted: readonly AcceptedRecipient[];
}

/** The service's part of one session. */
export interface ServiceSession {
  /** The client said MAIL. */
  openTransaction(envelope: Envelope): ServiceTransaction;
  /** The client's octets from `offset` on are being read: it has read every reply that was written before they were received. */
  clientSent?(offset: number): void;
  /** Resolves when what followed from {@link clientSent} is done; the next reply is written after it. Never rejects. */
  settled?(): Promise<unknown> | undefined;
  /** The client has left. */
  leave?(): void;
}

/** The service's part of one transaction. */
export interface ServiceTransaction {
  /**
   * The policy accepts a recipient: where its mail goes, or why this transaction cannot have it. `further` says that the transaction has other
   * recipients and lacks this one.
   */
  takeRecipient(visit: Visit<'rcpt'>, further: boolean): AcceptedRecipient | Objection | Promise<AcceptedRecipient | Objection>;
  /** The policy objects to a recipient. */
  objectToRecipient?(visit: Visit<'rcpt'>, verdict: Exclude<Verdict['kind'], 'pass'>): void;
  /** A message to which the policy does not object: takes it, and says what its client is told. A rejection is a bug and becomes 451. */
  takeMessage(message: JudgedMessage): Promise<Answer>;
  /** The transaction is over: its message was answered, or the client gave it up or left. */
  end?(): void;
}

/** A message to which the policy does not object. */
export interface JudgedMessage {
  readonly visit: Visit<'message'>;
  readonly ending: Ending;
}

/** When the work after the final dot ends: with the answer, when the budget of time is over, or when the connection is lost. */
export interface Ending {
  readonly signal: Cancellation;
  /**
   * Whether the step that cannot be taken back may be taken: the connection is not lost and the time is not over. After the first yes the loss of
   * the connection ends nothing: the message is taken, and the client learns it when it tries again.
   */
  confirm(): Promise<boolean>;
}
