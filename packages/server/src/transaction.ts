import type { AcceptedRecipient, Visit } from '@vratny/policy';
import type { Objection } from '@vratny/smtp';
import type { Incoming } from './answer.ts';

/** A mail transaction: MAIL, recipients, and then a message (RFC 5321 §3.3). */
export interface Transaction {
  readonly visit: Visit<'mail'>;
  /** Each once. */
  readonly recipients: AcceptedRecipient[];
  /** What each accepted RCPT command named, in their order: one recipient may be named again and again. */
  readonly accepted: AcceptedRecipient[];
  /** Recipients that were refused for good, by their address: if earlier attempts left something open for them, they have been told now. */
  readonly refused: string[];
  /** Its sender's time on the greylist was extended. */
  extended: boolean;
  /** It may have one recipient only; undefined while nobody has asked. */
  narrowed: Promise<boolean> | undefined;
  /** Its message, from DATA or the first BDAT on until the message is whole. */
  incoming: Incoming | undefined;
  /** A chunk of its message was not taken: no later one may complete what lacks a piece (RFC 3030 §2). */
  chunkRefused: Objection | undefined;
}

/** A transaction that has no recipient yet. */
export function openTransaction(visit: Visit<'mail'>): Transaction {
  return {
    visit,
    recipients: [],
    accepted: [],
    refused: [],
    extended: false,
    narrowed: undefined,
    incoming: undefined,
    chunkRefused: undefined,
  };
}
