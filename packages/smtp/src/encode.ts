import { REPLY_LINE_MAX } from './limits.ts';
import type { Reply } from './reply.ts';

/** What a refused sender can quote, and where its meaning can be read. */
export interface Receipt {
  /** Identifier of the decision's trace. */
  readonly id: string;
  /** Address of the panel without a final slash; left out where there is no panel. */
  readonly panelUrl?: string | undefined;
}

// C0, DEL, C1, line and paragraph separators, bidirectional controls: none may reach a stranger's log or terminal.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
const LINE_END = '\r\n';

/** Cuts a string to at most `max` octets of UTF-8 without splitting a character. */
function cutToOctets(text: string, max: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= max) return text;
  let end = max;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
}

function receiptText(receipt: Receipt): string {
  return receipt.panelUrl === undefined ? ` (${receipt.id})` : ` (${receipt.id} ${receipt.panelUrl}/r/${receipt.id})`;
}

/**
 * The one encoder of replies: a line ending in CRLF, at most {@link REPLY_LINE_MAX} octets. Control characters become one
 * space, non-ASCII characters question marks unless the client asked for SMTPUTF8 (RFC 6531 §3.7.4.2), and a text that is too
 * long is cut before the receipt, never inside it.
 */
export function encodeReply(reply: Reply, options: { receipt?: Receipt | undefined; utf8?: boolean } = {}): string {
  let text: string = reply.replace(UNSAFE, ' ').trimEnd();
  if (!options.utf8) text = text.replace(/[^\u0020-\u007e]/gu, '?');
  const tail = options.receipt ? receiptText(options.receipt) : '';
  const room = REPLY_LINE_MAX - LINE_END.length - Buffer.byteLength(tail, 'utf8');
  return `${cutToOctets(text, room)}${tail}${LINE_END}`;
}

/** A multi-line reply without enhanced codes, as EHLO's (RFC 5321 §4.1.1.1). `lines` has at least one entry. */
export function encodeLines(code: 220 | 250, lines: readonly string[]): string {
  return lines.map((line, i) => encodeReply(`${code} ${line}`).replace(/^(\d{3}) /u, i < lines.length - 1 ? '$1-' : '$1 ')).join('');
}
