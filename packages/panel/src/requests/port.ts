/** A sender who asks to be let in at the domains that refused one message. Whose receipt it is, the history knows. */
export interface LetInRequest {
  readonly receipt: string;
  readonly at: Date;
  /** Confirmed by SPF or DKIM. */
  readonly senderDomain: string;
  readonly recipientDomains: readonly string[];
}

/** What became of a request: it is noted, was noted before, or there were too many lately. */
export type Noted = 'noted' | 'again' | 'full';

/** Requests of senders, for the owners of domains. Rejects with the store's error when it cannot tell. */
export interface Requests {
  /** Notes a request, within `SENDER_MAX` and `RECIPIENT_MAX` of `limits.ts`: one for each receipt, at those of its domains that still take one. */
  add(request: LetInRequest): Promise<Noted>;
  has(receipt: string): Promise<boolean>;
  /** Forgets those before a moment. */
  expire(before: Date): Promise<void>;
  close(): Promise<void>;
}
