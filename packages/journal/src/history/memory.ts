import {
  checkLimit,
  checkQuery,
  dayOf,
  domainOf,
  type History,
  type HistoryCount,
  type HistoryEntry,
  type HistoryQuery,
  parseAfter,
} from './port.ts';

/** A history in memory, for tests and the demo: it keeps what it is given until it expires. */
export function createMemoryHistory(): History {
  let entries: (readonly [nth: number, entry: HistoryEntry])[] = [];
  let counted: HistoryCount[] = [];
  const batches = new Map<string, number>();
  let nextNth = 0;
  return {
    async add(added, counts, batch) {
      const isNew = ({ id, recipient }: HistoryEntry) => !entries.some(([, known]) => known.id === id && known.recipient === recipient);
      for (const entry of added) if (isNew(entry)) entries.push([nextNth++, entry]);
      if (batch !== undefined && batch.nth <= (batches.get(batch.source) ?? 0)) return;
      if (batch !== undefined) batches.set(batch.source, batch.nth);
      for (const one of counts) counted = addCount(counted, one);
    },
    async find(id) {
      return entries.filter(([, entry]) => entry.id === id).map(([, entry]) => entry);
    },
    async search(query) {
      checkQuery(query);
      const after = parseAfter(query.after);
      const found = entries
        .filter(([, entry]) => matches(entry, query))
        .sort(([nthA, a], [nthB, b]) => b.at.getTime() - a.at.getTime() || nthB - nthA)
        .filter(([nth, { at }]) => after === undefined || at.getTime() < after.at || (at.getTime() === after.at && nth < after.nth));
      const page = found.slice(0, query.limit);
      const last = page.at(-1);
      if (last === undefined || found.length === page.length) return { entries: page.map(([, entry]) => entry) };
      return { entries: page.map(([, entry]) => entry), next: `${last[1].at.getTime()}.${last[0]}` };
    },
    async counts(query) {
      checkLimit(query);
      const { domain, check, verdict, from, to, limit } = query;
      const found = counted
        .filter((one) => one.day >= from && one.day <= to)
        .filter((one) => (domain === undefined || one.domain === domain) && (check === undefined || one.check === check))
        .filter((one) => verdict === undefined || one.verdict === verdict)
        .sort((a, b) => compare(b.day, a.day) || compare(a.domain, b.domain) || compare(a.check, b.check) || compare(a.verdict, b.verdict));
      return { counts: found.slice(0, limit), more: found.length > limit };
    },
    async forget(address) {
      const before = entries.length;
      entries = entries.filter(([, { sender, recipient }]) => sender !== address && recipient !== address);
      return before - entries.length;
    },
    async expire({ entriesFrom, countsFrom }) {
      entries = entries.filter(([, { at }]) => dayOf(at) >= entriesFrom);
      counted = counted.filter(({ day }) => day >= countsFrom);
    },
    close: async () => undefined,
  };
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

function addCount(counted: readonly HistoryCount[], added: HistoryCount): HistoryCount[] {
  const same = (one: HistoryCount) =>
    one.domain === added.domain && one.day === added.day && one.check === added.check && one.verdict === added.verdict;
  const known = counted.find(same);
  return [...counted.filter((one) => !same(one)), { ...added, count: added.count + (known?.count ?? 0) }];
}

function matches(entry: HistoryEntry, query: HistoryQuery): boolean {
  const { domain, recipient, sender, client, check, verdict, contains, since, until } = query;
  const wanted = contains?.toLowerCase();
  return (
    entry.at >= since &&
    entry.at < until &&
    (domain === undefined || domainOf(entry) === domain) &&
    fits(entry.recipient, recipient) &&
    fits(entry.sender, sender) &&
    fits(entry.client, client) &&
    (check === undefined || entry.check === check) &&
    (verdict === undefined || entry.verdict === verdict) &&
    (wanted === undefined || [entry.sender, entry.recipient, entry.reply].some((text) => text.toLowerCase().includes(wanted)))
  );
}

function fits(text: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
