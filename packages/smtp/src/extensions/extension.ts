import type { Refusal } from '../reply.ts';

/** What the site and the moment allow to be offered. */
export interface Offer {
  /** Largest message in octets (RFC 1870 §4). */
  readonly messageMaxBytes: number;
  /** Accepted recipients of one message, and transactions of one session (RFC 9422). */
  readonly recipientsMax: number;
  readonly messagesMax: number;
  /** A certificate is there and the session is not encrypted yet. */
  readonly startTls: boolean;
  /** Every store of the site takes internationalised addresses. */
  readonly smtpUtf8: boolean;
}

/** What MAIL's parameters said. */
export interface MailParameters {
  /** Declared size in octets (RFC 1870 §6); an estimate by the client. */
  readonly sizeBytes?: number;
  readonly body: '7bit' | '8bitmime';
  /** Addresses and headers may be UTF-8 (RFC 6531). */
  readonly utf8: boolean;
  /** After the final dot each recipient may have a reply of its own (draft-hall-prdr-00). */
  readonly prdr?: true;
}

/** Without any parameter. */
export const NO_PARAMETERS: MailParameters = { body: '7bit', utf8: false };

/** One SMTP extension (RFC 5321 §2.2): its EHLO line and the parameter that it adds to MAIL. */
export interface Extension {
  /** EHLO keyword. */
  readonly keyword: string;
  /** The line after `250-`, or undefined when it is not offered now. */
  advertise(offer: Offer): string | undefined;
  /** Name of its parameter of MAIL, and how a value is read: what it adds, or why it is wrong. */
  readonly mail?: {
    readonly name: string;
    read(value: string | undefined): Partial<MailParameters> | Refusal;
  };
}
