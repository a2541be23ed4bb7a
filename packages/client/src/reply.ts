/** One reply of the server (RFC 5321 §4.2). */
export interface ServerReply {
  readonly code: number;
  /** All of its lines with their codes, joined by LF: a text for `parseRefusal`. */
  readonly text: string;
}

/** The reply on one line, for a detail in the log. */
export function quoteReply(reply: ServerReply): string {
  return reply.text.replace(/\s+/gu, ' ').slice(0, 300);
}

export const isPositive = (reply: ServerReply): boolean => reply.code >= 200 && reply.code < 300;
export const isPermanent = (reply: ServerReply): boolean => reply.code >= 500;

/** 421: about the connection, whatever the command was (RFC 5321 §3.8). */
export const isClosing = (reply: ServerReply): boolean => reply.code === 421;

/**
 * The server did not understand *us* (RFC 5321 §4.2.2 and 4.2.3: 500 to 504, 521, 530, 555; RFC 3463 §3.6: X.5.x). That is a fault between
 * the two of us and says nothing of the mailbox, so nobody may be refused for it. `X.5.3`, too many recipients, is another matter.
 */
export function isProtocolComplaint(reply: ServerReply): boolean {
  const { code } = reply;
  if (code < 500) return false;
  return code <= 504 || code === 521 || code === 530 || code === 555 || /^5\.5\.(?!3$)\d+$/u.test(enhancedOf(reply));
}

/** A permanent reply about what was asked, and not about how we asked: for good, whoever asks again. */
export function isRefusal(reply: ServerReply): boolean {
  return isPermanent(reply) && !isProtocolComplaint(reply);
}

/** RFC 3463 §3.3: 5.2.2 is a full mailbox; servers without enhanced codes say 552. A 4.2.2 is a delay, as any 4xx: the store may make room. */
export function isFull(reply: ServerReply): boolean {
  const enhanced = enhancedOf(reply);
  return (isPermanent(reply) && enhanced === '5.2.2') || (reply.code === 552 && (enhanced === '' || /^5\.2\.3$/u.test(enhanced)));
}

/** RFC 2034 §4: `5.1.1` of `550 5.1.1 text`; empty when there is none of the code's class. */
function enhancedOf({ code, text }: ServerReply): string {
  const found = /^\d{3}[ -](([245])\.\d{1,3}\.\d{1,3})(?=\s|$)/u.exec(text);
  const [, enhanced = '', ofClass] = found ?? [];
  return ofClass === String(code)[0] ? enhanced : '';
}
