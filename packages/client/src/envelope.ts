import { formatAddress, formatReversePath, type ReversePath } from '@vratny/smtp';
import { ConversationFault } from './fault.ts';
import { ADDRESS_BYTES_MAX } from './limits.ts';
import type { ServerReply } from './reply.ts';

/** What a server offers in its answer to EHLO or LHLO (RFC 2033 §4.1). */
export interface Features {
  /** RFC 2920. */
  readonly pipelining: boolean;
  /** RFC 6152. */
  readonly eightBitMime: boolean;
  /** RFC 6531. */
  readonly smtpUtf8: boolean;
  /** RFC 1870. */
  readonly size: boolean;
}

/** Reads them; keywords have no case. The first line is the server's name. */
export function readFeatures(hello: ServerReply): Features {
  const keywords = new Set(
    hello.text
      .split('\n')
      .slice(1)
      .map((line) => line.slice(4).trim().split(/\s/u)[0]?.toUpperCase()),
  );
  return {
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    size: keywords.has('SIZE'),
  };
}

const CONTROL = /[\u0000-\u001f\u007f]/u;
const NON_ASCII = /[^\u0000-\u007f]/u;

/** What MAIL says of a message. */
export interface MailWishes {
  readonly sender: ReversePath;
  /** Octets with stamps; 0 when not known. */
  readonly sizeBytes: number;
  /** The site says that its stores take internationalised messages: the message may be one. */
  readonly utf8: boolean;
}

/** `MAIL FROM:<...>` with the parameters that the server offers, without CRLF. @throws ConversationFault when the sender cannot be written */
export function mailCommand({ sender, sizeBytes, utf8 }: MailWishes, features: Features): string {
  const path = writable(formatReversePath(sender), utf8 && features.smtpUtf8);
  const size = sizeBytes > 0 && features.size ? ` SIZE=${sizeBytes}` : '';
  return `MAIL FROM:<${path}>${size}${features.eightBitMime ? ' BODY=8BITMIME' : ''}${utf8 && features.smtpUtf8 ? ' SMTPUTF8' : ''}`;
}

/** `RCPT TO:<...>`, without CRLF. @throws ConversationFault when the address cannot be written */
export function rcptCommand(address: string, utf8: boolean): string {
  return `RCPT TO:<${writable(wireAddress(address), utf8)}>`;
}

/** A target's address (`local@domain`, unquoted) as it goes onto the wire. */
export function wireAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return formatAddress({ local: address.slice(0, Math.max(at, 0)), domain: address.slice(at + 1) });
}

/** An address must not become another command, nor one that the server cannot read. */
function writable(path: string, utf8: boolean): string {
  if (CONTROL.test(path)) throw new ConversationFault('ended', 'an address with control characters cannot be sent');
  if (Buffer.byteLength(path) > ADDRESS_BYTES_MAX) throw new ConversationFault('ended', 'an address is too long to be sent');
  if (!utf8 && NON_ASCII.test(path)) throw new ConversationFault('ended', 'the store takes no internationalised addresses (SMTPUTF8)');
  return path;
}
