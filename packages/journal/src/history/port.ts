import { parseReceipt } from '../ids.ts';

export { parseReceipt };

/** What a sender was told about one recipient: refused for good, asked to come back, or stored. */
export type HistoryVerdict = 'refused' | 'delayed' | 'delivered';

/** One recipient of one decision, as it can be found later. */
export interface HistoryEntry {
  /** The receipt of the decision; entries of one decision share it. */
  readonly id: string;
  readonly at: Date;
  /** `d10`. */
  readonly host: string;
  readonly client: string;
  /** Empty before EHLO. */
  readonly helo: string;
  /** In lower case, so that it is found however it was written; empty for the null reverse-path. */
  readonly sender: string;
  /** Empty when a decision was about no recipient in particular: the size said at MAIL, for one. */
  readonly recipient: string;
  /** The check that decided; `store` when the mailbox store did; empty for what was delivered without objection. */
  readonly check: string;
  readonly verdict: HistoryVerdict;
  /** The reply, without its receipt. */
  readonly reply: string;
  /** Octets; undefined before the message came. */
  readonly sizeBytes?: number;
  /**
   * What led to it, as the journal writes it: a JSON object with `decision` and, for a message that the store was given, `delivery`. Undefined for entries
   * beyond the first one of a decision.
   */
  readonly story?: string;
}

/** What is looked for. A text that ends with `*` is a prefix. Every part that is given must hold. */
export interface HistoryQuery {
  /** The domain of the recipient, exactly. */
  readonly domain?: string;
  readonly recipient?: string;
  readonly sender?: string;
  readonly client?: string;
  readonly check?: string;
  readonly verdict?: HistoryVerdict;
  /** A part of the sender, the recipient or the reply, in any case of ASCII letters. Only within one day. */
  readonly contains?: string;
  readonly since: Date;
  /** Not included. */
  readonly until: Date;
  /** 1 to {@link PAGE_MAX}. */
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: string;
}

/** The newest first. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** For the next page; undefined after the last one. */
  readonly next?: string;
}

/** How often a check came to a verdict for recipients of a domain, on a day (UTC, `2026-11-27`). */
export interface HistoryCount {
  readonly domain: string;
  readonly day: string;
  readonly check: string;
  readonly verdict: HistoryVerdict;
  readonly count: number;
}

/** Which counts are wanted. Every part that is given must hold. */
export interface CountsQuery extends Partial<Pick<HistoryCount, 'domain' | 'check' | 'verdict'>> {
  /** Days, both included. */
  readonly from: string;
  readonly to: string;
  /** 1 to {@link PAGE_MAX}. */
  readonly limit: number;
}

/** Counts, and whether there are more. */
export interface CountsPage {
  readonly counts: readonly HistoryCount[];
  readonly more: boolean;
}

/** Which batch of entries and counts it is: those of one source are numbered upwards, and may be added again. */
export interface BatchId {
  /** Of one process, and of no other ever. */
  readonly source: string;
  readonly nth: number;
}

/** What was decided, for those who search. Its writer is one process of a host; readers may be many. */
export interface History {
  /**
   * Keeps entries, and adds counts: also of entries that were not kept. An entry whose receipt and recipient are there already is left out, and so are the
   * counts of a batch that was added before. Rejects with {@link HistoryFault} when the store cannot, as everything here does.
   */
  add(entries: readonly HistoryEntry[], counts: readonly HistoryCount[], batch?: BatchId): Promise<void>;
  /** All entries of a receipt, in their order; empty when there is none. */
  find(id: string): Promise<readonly HistoryEntry[]>;
  /** @throws RangeError for a query that is not answered: `contains` over more than a day, a limit out of bounds, an unknown `after`. */
  search(query: HistoryQuery): Promise<HistoryPage>;
  /** Counts of the newest days first; those of a day by domain, check and verdict. @throws RangeError when the limit is out of bounds */
  counts(query: CountsQuery): Promise<CountsPage>;
  /** Removes every entry that has the address as sender or recipient; gives how many. Counts stay: they name no address. */
  forget(address: string): Promise<number>;
  /** Removes entries of days before `entriesFrom`, and counts of days before `countsFrom`. */
  expire(before: { readonly entriesFrom: string; readonly countsFrom: string }): Promise<void>;
  close(): Promise<void>;
}

/** The store of a history cannot be read or written now. */
export class HistoryFault extends Error {
  override readonly name = 'HistoryFault';
}

/** The same history, whose store's errors are faults that name the place. A query that is none stays a RangeError. */
export function withFaults(history: History, place: string, describe: (error: unknown) => string): History {
  const orFault = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RangeError) throw error;
      throw new HistoryFault(`the history ${place}: ${describe(error)}`, { cause: error });
    }
  };
  return {
    add: (...added) => orFault(() => history.add(...added)),
    find: (id) => orFault(() => history.find(id)),
    search: (query) => orFault(() => history.search(query)),
    counts: (query) => orFault(() => history.counts(query)),
    forget: (address) => orFault(() => history.forget(address)),
    expire: (before) => orFault(() => history.expire(before)),
    close: () => history.close(),
  };
}

/** Entries of one page. */
export const PAGE_MAX = 500;

export const DAY_MS = 86_400_000;

/** The day of a moment, in UTC. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** The days among which the entries of a receipt are; none when it is no receipt. It was perhaps made a moment before midnight, and told of after it. */
export function daysOf(id: string): readonly string[] {
  const madeAt = parseReceipt(id)?.madeAt.getTime();
  return madeAt === undefined ? [] : [dayOf(new Date(madeAt)), dayOf(new Date(madeAt + DAY_MS))];
}

/** The day until which it matters that a batch was added. */
export function newestDayOf(counts: readonly HistoryCount[]): string {
  return (
    counts
      .map(({ day }) => day)
      .sort()
      .at(-1) ?? ''
  );
}

/** The domain of an entry's recipient; empty when there is none. */
export function domainOf({ recipient }: Pick<HistoryEntry, 'recipient'>): string {
  return recipient.slice(recipient.lastIndexOf('@') + 1 || recipient.length);
}

/** @throws RangeError when a page cannot be so long. */
export function checkLimit({ limit }: Pick<HistoryQuery, 'limit'>): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) throw new RangeError(`a page has 1 to ${PAGE_MAX} entries`);
}

/** @throws RangeError when a query is none. */
export function checkQuery(query: HistoryQuery): void {
  checkLimit(query);
  if (!(query.since < query.until)) throw new RangeError('the time to search ends before it begins');
  const lastMoment = new Date(query.until.getTime() - 1);
  if (query.contains !== undefined && dayOf(query.since) !== dayOf(lastMoment)) {
    throw new RangeError('a part of a text is looked for within one day (UTC): say which');
  }
}

/** Where a page ended. @throws RangeError when it is no such place */
export function parseAfter(after: HistoryQuery['after']): { readonly at: number; readonly nth: number } | undefined {
  if (after === undefined) return undefined;
  const match = /^(\d{1,15})\.(\d{1,15})$/u.exec(after);
  if (match === null) throw new RangeError('this is no place where a page ended');
  return { at: Number(match[1]), nth: Number(match[2]) };
}
