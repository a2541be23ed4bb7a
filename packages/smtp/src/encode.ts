import { cleanText } from '@vratny/text';
import { RECEIPT_MAX, REPLY_LINE_MAX } from './limits.ts';
import type { Reply } from './reply.ts';

/** What a refused sender can quote, and where its meaning can be read. */
export interface Receipt {
  /** Identifier of the decision's trace. */
  readonly id: string;
  /** Address of the panel without a final slash; left out where there is no panel. */
  readonly panelUrl?: string | undefined;
}

const LINE_END = '\r\n';

/** Cuts a string to at most `max` octets of UTF-8 without splitting a character. */
function cutToOctets(text: string, max: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= max) return text;
  let end = max;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
}

/**
 * The receipt's page where there is a panel, else its id in parentheses. An address too long to leave room for the reply is left out, never cut: the
 * id alone can still be asked about.
 */
function receiptText(receipt: Receipt): string {
  const short = ` (${receipt.id})`;
  const long = receipt.panelUrl === undefined ? short : ` ${receipt.panelUrl}/r/${receipt.id}`;
  const fitting = [long, short].find((text) => text.length <= RECEIPT_MAX) ?? '';
  return toAscii(cleanText(fitting));
}

function toAscii(text: string): string {
  return text.replace(/[^\u0020-\u007e]/gu, '?');
}

/** Nearly all replies: as many octets as characters, none of which has to go. */
const PLAIN = /^[ -~]*[!-~]$/;

function encodeLine(written: string, tail: string, utf8: boolean): string {
  if (written.length + tail.length + LINE_END.length <= REPLY_LINE_MAX && PLAIN.test(written)) return written + tail + LINE_END;
  const safe = cleanText(written).trimEnd();
  const room = REPLY_LINE_MAX - LINE_END.length - Buffer.byteLength(tail, 'utf8');
  return `${cutToOctets(utf8 ? safe : toAscii(safe), room)}${tail}${LINE_END}`;
}

/**
 * The one encoder of replies: a line ending in CRLF, at most {@link REPLY_LINE_MAX} octets. Control characters become
 * one space, non-ASCII characters question marks unless the client asked for SMTPUTF8 (RFC 6531 §3.7.4.2), and a text
 * that is too long is cut before the receipt, never inside it.
 */
export function encodeReply(reply: Reply, options: { receipt?: Receipt | undefined; utf8?: boolean } = {}): string {
  return encodeLine(reply, options.receipt ? receiptText(options.receipt) : '', options.utf8 ?? false);
}

/** A multi-line reply without enhanced codes, as EHLO's (RFC 5321 §4.1.1.1). `lines` has at least one entry. */
export function encodeLines(code: 220 | 250, lines: readonly string[]): string {
  return lines.map((line, i) => encodeLine(`${code}${i < lines.length - 1 ? '-' : ' '}${line}`, '', false)).join('');
}
