import type { HistoryEntry, HistoryVerdict } from '@vratny/journal';
import type { Kind } from '../words/words.ts';

/** Kinds of what was refused, by the check or the bound that decided. */
const REFUSED: ReadonlyMap<string, Kind> = new Map([
  ['dnsbl', 'dnsbl'],
  ['sender-domain', 'sender-domain'],
  ['recipient-domain', 'recipient-domain'],
  ['mailbox', 'mailbox'],
  ['mailbox-room', 'mailbox'],
  // What a store says of a mailbox is as little a stranger's business.
  ['store', 'mailbox'],
  ['greylist', 'greylist'],
  ['spf', 'spf'],
  ['declared-size', 'size'],
  ['received-size', 'size'],
  ['attachments', 'attachments'],
  ['antivirus', 'antivirus'],
  ['antispam', 'antispam'],
  ['line-endings', 'line-endings'],
  ['header-size', 'header'],
  ['hop-count', 'hops'],
  ['recipient-limit', 'recipients'],
  ['session-limit', 'session'],
  ['eight-bit-address', 'eight-bit'],
  ['command-syntax', 'syntax'],
  ['no-room', 'temporary'],
  ['too-slow', 'too-slow'],
  ['unprocessable', 'unprocessable'],
  ['server-busy', 'temporary'],
  ['server-fault', 'temporary'],
]);

/** Kinds of what was asked to come back; all others are a fault on our side. */
const DELAYED: ReadonlyMap<string, Kind> = new Map([
  ['greylist', 'greylist'],
  ['sender-domain', 'dns'],
  ['spf', 'dns'],
  ['recipient-limit', 'recipients'],
  ['session-limit', 'session'],
  ['too-slow', 'too-slow'],
]);

/** Kinds that are asked to come back. */
const LATER: ReadonlySet<Kind> = new Set(['greylist', 'dns', 'recipients', 'session', 'temporary', 'too-slow']);

/** What kind of decision an entry is. */
export function kindOf({ check, verdict }: Pick<HistoryEntry, 'check' | 'verdict'>): Kind {
  if (verdict === 'delivered') return 'delivered';
  return (verdict === 'delayed' ? DELAYED : REFUSED).get(check) ?? 'temporary';
}

/** What is said of a code: the name of a check or of a bound, or of a kind; undefined when it is none. */
export function explainCode(code: string): { readonly kind: Kind; readonly verdict: HistoryVerdict } | undefined {
  const kind = code === 'delivered' || code === 'dns' || code === 'temporary' ? code : REFUSED.get(code);
  if (kind === undefined) return undefined;
  if (kind === 'delivered') return { kind, verdict: 'delivered' };
  return { kind, verdict: LATER.has(kind) ? 'delayed' : 'refused' };
}

/** Every code that is explained. */
export const CODES: readonly string[] = ['delivered', 'dns', 'temporary', ...REFUSED.keys()];
