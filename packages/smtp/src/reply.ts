/**
 * A reply is its own wire string: code, enhanced code, text (RFC 5321 §4.2, RFC 2034 §4). The types carry the class, so
 * that `refuse('450 4.7.1 ...')` does not compile.
 */

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** A permanent refusal: the sender's server tells the sender (RFC 5321 §4.2.1, class 5). */
export type Refusal = `5${Digit}${Digit} 5.${number}.${number} ${string}`;

/** A delay: the sender's server keeps the message and comes back (RFC 5321 §4.2.1, class 4). */
export type Delay = `4${Digit}${Digit} 4.${number}.${number} ${string}`;

/** A completed command (RFC 5321 §4.2.1, class 2). */
export type Success = `2${Digit}${Digit} 2.${number}.${number} ${string}`;

/**
 * The replies that carry no enhanced code: greeting, EHLO/HELO (RFC 2034 §3), and 353 and 354, whose class has none
 * (RFC 3463 §2).
 */
export type Plain = `220 ${string}` | `250 ${string}` | `353 ${string}` | `354 ${string}`;

/** Any objection. */
export type Objection = Refusal | Delay;

/** Any single-line reply. */
export type Reply = Refusal | Delay | Success | Plain;

/** The three-digit code of a reply. */
export function codeOf(reply: Reply): number {
  return Number(reply.slice(0, 3));
}

/** True for 4xx and 5xx. */
export function isObjection(reply: Reply): reply is Objection {
  return reply.startsWith('4') || reply.startsWith('5');
}

/** True for 5xx. */
export function isRefusal(reply: Reply): reply is Refusal {
  return reply.startsWith('5');
}

/** True for 421: the server closes the connection after it (RFC 5321 §3.8). */
export function closesConnection(reply: Reply): boolean {
  return reply.startsWith('421') || reply.startsWith('221');
}
