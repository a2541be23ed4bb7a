import {
  type CountsPage,
  type CountsQuery,
  domainOf,
  type HistoryCount,
  type HistoryEntry,
  type HistoryPage,
  type HistoryQuery,
  type HistoryVerdict,
} from './port.ts';

/** A row of a table, as a database gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Texts of a table of entries, which is alike in every database, with where they come from. */
const TEXTS: readonly (readonly [column: string, read: (entry: HistoryEntry) => string])[] = [
  ['id', ({ id }) => id],
  ['host', ({ host }) => host],
  ['client', ({ client }) => client],
  ['helo', ({ helo }) => helo],
  ['sender', ({ sender }) => sender],
  ['recipient', ({ recipient }) => recipient],
  ['domain', domainOf],
  ['by_check', ({ check }) => check],
  ['verdict', ({ verdict }) => verdict],
  ['reply', ({ reply }) => reply],
];

/** Columns of texts that no row lacks. */
export const TEXT_COLUMNS: readonly string[] = TEXTS.map(([column]) => column);

/** All columns that are written, in their order: the time, the texts, and what a row may lack. */
export const COLUMNS: readonly string[] = ['at', ...TEXT_COLUMNS, 'size_bytes', 'story'];

/** The values of a row, in the order of {@link COLUMNS}. */
export function rowOf(entry: HistoryEntry, storable: (text: string) => string = (text) => text): readonly (string | number | null)[] {
  const { at, sizeBytes = null, story } = entry;
  return [at.getTime(), ...TEXTS.map(([, read]) => storable(read(entry))), sizeBytes, story === undefined ? null : storable(story)];
}

/** The entry of a row. */
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

/** Rows of the table of entries, one more than the page holds at most. */
export function toPage(rows: readonly Row[], { limit }: Pick<HistoryQuery, 'limit'>): HistoryPage {
  const entries = rows.slice(0, limit).map(toEntry);
  const last = rows[limit - 1];
  return last === undefined || rows.length <= limit ? { entries } : { entries, next: `${String(last['at'])}.${String(last['nth'])}` };
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
