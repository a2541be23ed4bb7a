import { dayOf, domainOf, type HistoryEntry } from './port.ts';

/** Entries of unknown recipients that are kept of one day: whoever guesses addresses must not fill the store. */
export const UNKNOWN_MAX = 1_000;
/** Of these, those of one domain, so that one that is guessed at leaves room for a typing error at another. */
export const UNKNOWN_OF_DOMAIN_MAX = 200;

/** Bounds that those reach who guess addresses: once in each of their sessions. */
const GUESSING: ReadonlySet<string> = new Set(['session-limit', 'command-syntax']);

/** Checks whose entries may be a sample: `mailbox` refuses other things too, which are kept. */
export const SAMPLED_CHECKS: readonly string[] = ['mailbox', ...GUESSING];

/** Days that are counted at the same time: at midnight batches of both come, and after an outage older ones. */
const DAYS_MAX = 4;

interface Kept {
  /** The entries that are kept, each by its receipt and recipient. */
  readonly all: Set<string>;
  readonly byDomain: Map<string, number>;
}

/**
 * Says of an entry whether it is kept. Unknown recipients, and what follows from guessing them, are counted alone beyond a sample. The same entry gets the same
 * answer when it was kept: what is sent again takes no second place. `known` are entries that are there since before, so that a process that begins anew does not
 * sample anew.
 */
export function createSampler(known: Iterable<HistoryEntry> = []): (entry: HistoryEntry) => boolean {
  const days = new Map<string, Kept>();
  const isKept = (entry: HistoryEntry): boolean => {
    // RFC 3463 §3.2: X.1.1 is a mailbox that does not exist.
    if (!entry.reply.startsWith('550 5.1.1') && !GUESSING.has(entry.check)) return true;
    const kept = keptOn(days, dayOf(entry.at));
    if (kept === undefined) return false;
    const key = `${entry.id} ${entry.recipient}`;
    if (kept.all.has(key)) return true;
    const domain = domainOf(entry);
    const ofDomain = kept.byDomain.get(domain) ?? 0;
    if (kept.all.size >= UNKNOWN_MAX || ofDomain >= UNKNOWN_OF_DOMAIN_MAX) return false;
    kept.all.add(key);
    kept.byDomain.set(domain, ofDomain + 1);
    return true;
  };
  for (const entry of known) isKept(entry);
  return isKept;
}

/** Undefined for a day before those that are counted. */
function keptOn(days: Map<string, Kept>, day: string): Kept | undefined {
  const known = days.get(day);
  if (known !== undefined) return known;
  const oldest = [...days.keys()].sort()[0];
  if (oldest !== undefined && days.size >= DAYS_MAX) {
    if (day < oldest) return undefined;
    days.delete(oldest);
  }
  const kept: Kept = { all: new Set(), byDomain: new Map() };
  days.set(day, kept);
  return kept;
}
