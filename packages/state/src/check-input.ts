import { KEY_MAX, LEDGER_MAILBOXES_MAX, NODE_INFO_MAX, SPAN_MAX_MS } from './limits.ts';
import { type NodeInfo, StateFault } from './port.ts';

/** A key or name as it may be stored. @throws StateFault */
export function checkKey(key: string): string {
  if (key === '') throw new StateFault('an empty key');
  if (Buffer.byteLength(key) > KEY_MAX) throw new StateFault(`a key of more than ${KEY_MAX} octets`);
  // A lone surrogate would come back from a store as another key.
  if (!key.isWellFormed()) throw new StateFault('a key that is not Unicode');
  if (key.includes('\0')) throw new StateFault('a key with NUL in it');
  return key;
}

/** A time in milliseconds since 1970. @throws StateFault */
export function checkNow(now: Date): number {
  const ms = now.getTime();
  if (Number.isNaN(ms)) throw new StateFault('a time that is none');
  return ms;
}

/** A length of time. @throws StateFault */
export function checkSpan(ms: number): number {
  if (!Number.isSafeInteger(ms) || ms < 0 || ms > SPAN_MAX_MS) throw new StateFault(`a span of ${ms} ms`);
  return ms;
}

/** The mailboxes of one call, each once. @throws StateFault */
export function checkMailboxes(mailboxes: readonly string[]): readonly string[] {
  const once = [...new Set(mailboxes)];
  if (once.length > LEDGER_MAILBOXES_MAX) throw new StateFault(TOO_MANY_MAILBOXES);
  return once.map(checkKey);
}

/** What a ledger entry that would grow beyond its bound is refused with. */
export const TOO_MANY_MAILBOXES = `a ledger entry of more than ${LEDGER_MAILBOXES_MAX} mailboxes`;

/** What a node says about itself, as JSON. @throws StateFault */
export function encodeInfo(info: NodeInfo): string {
  const text = JSON.stringify(info);
  if (Buffer.byteLength(text) > NODE_INFO_MAX) throw new StateFault(`a node's words of more than ${NODE_INFO_MAX} octets`);
  return text;
}

/** Reads it back. What is no string or number in it is left out: another version of this program may have written it. */
export function decodeInfo(text: string): NodeInfo {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new StateFault("a node's words are no object");
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string | number] => isPlain(entry[1])));
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
