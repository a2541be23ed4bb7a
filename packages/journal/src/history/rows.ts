import type { CountsPage, CountsQuery, HistoryCount, HistoryEntry, HistoryVerdict } from './port.ts';

type Row = Readonly<Record<string, unknown>>;

/** A row of the table of entries, which is alike in every database. */
export function toEntry(row: Row): HistoryEntry {
  const text = (name: string) => String(row[name]);
  return {
    id: text('id'),
    at: new Date(Number(row['at'])),
    ...{ host: text('host'), client: text('client'), helo: text('helo'), sender: text('sender'), recipient: text('recipient') },
    ...{ check: text('by_check'), verdict: row['verdict'] as HistoryVerdict, reply: text('reply') },
    ...(row['size_bytes'] === null ? {} : { sizeBytes: Number(row['size_bytes']) }),
    ...(row['story'] === null ? {} : { story: text('story') }),
  };
}

/** Rows of the table of counts, one more than the page holds at most. */
export function toCountsPage(rows: readonly Row[], { limit }: Pick<CountsQuery, 'limit'>): CountsPage {
  return { counts: rows.slice(0, limit).map(toCount), more: rows.length > limit };
}

function toCount(row: Row): HistoryCount {
  const text = (name: string) => String(row[name]);
  return {
    ...{ domain: text('domain'), day: text('day'), check: text('by_check') },
    ...{ verdict: row['verdict'] as HistoryVerdict, count: Number(row['count']) },
  };
}
