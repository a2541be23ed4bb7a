import type { Refusal } from './reply.ts';

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

/**
 * Every extension we speak, in the order of EHLO's lines. DSN is not among them: we could not issue the reports it
 * obliges us to.
 */
export const EXTENSIONS: readonly Extension[] = [
  // RFC 1870. The limit is announced; what is judged against it is the policy's matter.
  {
    keyword: 'SIZE',
    advertise: (offer) => `SIZE ${offer.messageMaxBytes}`,
    mail: {
      name: 'SIZE',
      // RFC 1870 §6: 1 to 20 digits. Beyond the safe integers it is larger than any limit.
      read: (value) =>
        value !== undefined && /^\d{1,20}$/u.test(value)
          ? { sizeBytes: Math.min(Number(value), Number.MAX_SAFE_INTEGER) }
          : '501 5.5.4 SIZE takes a number of octets',
    },
  },
  // RFC 2920.
  { keyword: 'PIPELINING', advertise: () => 'PIPELINING' },
  // RFC 3030 §2: BDAT beside DATA. BINARYMIME (§3) is not offered: no store takes lines that are none.
  { keyword: 'CHUNKING', advertise: () => 'CHUNKING' },
  // RFC 9422: a client that knows them begins another transaction, or another session, before it is told to.
  {
    keyword: 'LIMITS',
    advertise: (offer) => `LIMITS MAILMAX=${offer.messagesMax} RCPTMAX=${offer.recipientsMax}`,
  },
  // RFC 6152. Every store we deliver to is 8-bit clean.
  {
    keyword: '8BITMIME',
    advertise: () => '8BITMIME',
    mail: {
      name: 'BODY',
      read: (value) => {
        const body = value?.toLowerCase();
        return body === '7bit' || body === '8bitmime' ? { body } : '501 5.5.4 BODY takes 7BIT or 8BITMIME';
      },
    },
  },
  // RFC 2034: every reply but greeting, EHLO and 354 carries one.
  { keyword: 'ENHANCEDSTATUSCODES', advertise: () => 'ENHANCEDSTATUSCODES' },
  // Per-recipient data responses (draft-hall-prdr-00, 2007; no RFC, spoken by Exim and META1): the client asks
  // with MAIL, and where the recipients end differently each gets a reply of its own after the final dot.
  {
    keyword: 'PRDR',
    advertise: () => 'PRDR',
    mail: {
      name: 'PRDR',
      read: (value) => (value === undefined ? { prdr: true } : '501 5.5.4 PRDR takes no value'),
    },
  },
  // RFC 6531; offered only where every store of the site takes such addresses.
  {
    keyword: 'SMTPUTF8',
    advertise: (offer) => (offer.smtpUtf8 ? 'SMTPUTF8' : undefined),
    mail: {
      name: 'SMTPUTF8',
      read: (value) => (value === undefined ? { utf8: true } : '501 5.5.4 SMTPUTF8 takes no value'),
    },
  },
  // RFC 3207.
  { keyword: 'STARTTLS', advertise: (offer) => (offer.startTls ? 'STARTTLS' : undefined) },
];
