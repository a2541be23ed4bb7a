import { createHash } from 'node:crypto';
import { formatReversePath, type ReversePath } from '@vratny/smtp';

/** Whom a message comes from: its reverse path, and what is proven of the client (`findOrigin` of policy). */
export interface Source {
  readonly sender: ReversePath;
  readonly origin: string;
}

/**
 * A message among its retries, 64 hexadecimal digits: what it says, octet by octet, and whom it comes from. A forged copy from elsewhere has
 * another key, so that it cannot keep the genuine one out.
 */
export function attemptKey(contentSha256: string, { sender, origin }: Source): string {
  return digest(['attempt', contentSha256, formatReversePath(sender), origin]);
}

/** Under which the ledger keeps the messages of a source that ended differently for their recipients. */
export function unsettledKey({ sender, origin }: Source): string {
  return digest(['unsettled', formatReversePath(sender), origin]);
}

/** What a store knows an attempt by: the message, and the first of its attempts that did not end well. */
export function storeKey(key: string, firstAttempt: string): string {
  return digest(['store', key, firstAttempt]);
}

// As JSON, so that no two lists make one text.
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
