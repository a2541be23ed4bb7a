import { dayOf, domainOf, type HistoryEntry } from './port.ts';

/** Entries of unknown recipients that are kept of one day: whoever guesses addresses must not fill the store. */
export const UNKNOWN_MAX = 1_000;
/** Of these, those of one domain, so that one that is guessed at leaves room for a typing error at another. */
export const UNKNOWN_OF_DOMAIN_MAX = 200;

/** Bounds that those reach who guess addresses: once in each of their sessions. */
const GUESSING: ReadonlySet<string> = new Set(['session-limit', 'command-syntax']);

/** Says of an entry whether it is kept. Unknown recipients, and what follows from guessing them, are counted alone beyond a sample. */
export function createSampler(): (entry: HistoryEntry) => boolean {
  let day = '';
  let kept = 0;
  const byDomain = new Map<string, number>();
  return (entry) => {
    // RFC 3463 §3.2: X.1.1 is a mailbox that does not exist.
    if (!entry.reply.startsWith('550 5.1.1') && !GUESSING.has(entry.check)) return true;
    const today = dayOf(entry.at);
    if (today !== day) {
      day = today;
      kept = 0;
      byDomain.clear();
    }
    const domain = domainOf(entry);
    const ofDomain = byDomain.get(domain) ?? 0;
    if (kept >= UNKNOWN_MAX || ofDomain >= UNKNOWN_OF_DOMAIN_MAX) return false;
    kept += 1;
    byDomain.set(domain, ofDomain + 1);
    return true;
  };
}
