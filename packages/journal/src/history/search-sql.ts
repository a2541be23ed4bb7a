import { type CountsQuery, type HistoryQuery, parseAfter } from './port.ts';

/** A statement with its values in order. */
export interface Statement {
  readonly sql: string;
  readonly values: (string | number)[];
}

/** Columns of a table of entries that are searched, each with an index in which the newest is found first. */
type Column = 'recipient' | 'sender' | 'client' | 'domain' | 'by_check' | 'verdict';

/**
 * The indexes of a table of entries, in every database. What follows the time in one is compared without reading the row: a rare check in a large domain is
 * found among the numbers of the index.
 */
export const SEARCH_INDEXES: readonly (readonly [column: Column | 'at', columns: string])[] = [
  ['at', 'at, nth'],
  ['domain', 'domain, at, nth, by_check, verdict'],
  ['recipient', 'recipient, at, nth'],
  ['sender', 'sender, at, nth'],
  ['client', 'client, at, nth'],
  ['by_check', 'by_check, at, nth, verdict'],
  ['verdict', 'verdict, at, nth'],
];

/** How a database wants it said. */
interface Dialect {
  /** Where the value of that number stands, from 1 on. */
  readonly placeholder: (nth: number) => string;
  readonly table: string;
  /** A column that is compared and whose index is not used. */
  readonly unindexed: (column: string) => string;
  /** A text as the database keeps it. */
  readonly storable: (text: string) => string;
  /** How rows are read that have to be put in order first: `chosen` names them, from `FROM` on. */
  readonly sorted: (chosen: string, order: string) => string;
  /** How rows are read that have a text somewhere, by its placeholder. */
  readonly containing: (rows: ContainingRows) => string;
}

/** Rows that are compared with a text. */
interface ContainingRows {
  readonly part: string;
  /** Other conditions that must hold, those of the time among them. */
  readonly others: readonly string[];
  readonly time: readonly string[];
  readonly order: string;
  readonly limit: string;
}

/** What a part of a text is looked for in. `newline` is none of it. */
const textsWith = (newline: string): string => ['sender', 'recipient', 'reply'].join(` || ${newline} || `);
/** In small letters of ASCII. */
export const WORDS_IN_POSTGRES = `lower((${textsWith('chr(10)')}) COLLATE "C")`;

const SQLITE: Dialect = {
  placeholder: (nth) => `?${nth}`,
  table: 'entry',
  unindexed: (column) => `+${column}`,
  storable: (text) => text,
  // By their numbers alone: whole rows would be read and carried through the sorting.
  sorted: (chosen, order) => `SELECT * FROM entry WHERE nth IN (SELECT nth ${chosen}) ${order}`,
  containing: ({ part, others, order, limit }) =>
    `SELECT * FROM entry WHERE ${[...others, `instr(lower(${textsWith('char(10)')}), ${part}) > 0`].join(' AND ')} ${order} LIMIT ${limit}`,
};
const POSTGRES: Dialect = {
  placeholder: (nth) => `$${nth}`,
  table: 'history_entry',
  // It knows how many rows have which values, and chooses by that.
  unindexed: (column) => column,
  storable: storableInPostgres,
  sorted: (chosen) => `SELECT * ${chosen}`,
  // An index has the texts of a day, so that its rows are not read; those that are too long for it are few.
  containing: ({ part, others, time, order, limit }) => {
    const chosen = (where: string) =>
      `(SELECT at, nth FROM history_entry WHERE ${[...others, where].join(' AND ')} ${order} LIMIT ${limit})`;
    const short = chosen(`strpos(words, ${part}) > 0`);
    const long = chosen(`words IS NULL AND strpos(${WORDS_IN_POSTGRES}, ${part}) > 0`);
    return `SELECT * FROM history_entry WHERE ${time.join(' AND ')} AND (at, nth) IN (${short} UNION ALL ${long}) ${order} LIMIT ${limit}`;
  },
};

/** PostgreSQL takes every character but this one. */
export function storableInPostgres(text: string): string {
  return text.replaceAll('\0', '\u{fffd}');
}

const DIALECTS = { sqlite: SQLITE, postgres: POSTGRES } as const;

/** The database that a statement is for. */
type Database = keyof typeof DIALECTS;

/**
 * The search in one day's table of SQLite, or in all days of PostgreSQL: for one entry more than the page holds, so that it is known whether there is
 * another page.
 */
export function searchStatement(database: Database, query: HistoryQuery, limit: number): Statement {
  return statementOf(query, limit, DIALECTS[database]);
}

/** Counts, one more than the page holds. */
export function countsStatement(database: Database, query: CountsQuery): Statement {
  return countsOf(query, database === 'sqlite' ? 'verdicts' : 'history_count', DIALECTS[database]);
}

function countsOf({ domain, check, verdict, from, to, limit }: CountsQuery, table: string, { placeholder, storable }: Dialect): Statement {
  const values: (string | number)[] = [from, to];
  const equal = (column: string, wanted: string | undefined) =>
    wanted === undefined ? '' : ` AND ${column} = ${placeholder(values.push(storable(wanted)))}`;
  const where = `day BETWEEN ${placeholder(1)} AND ${placeholder(2)}${equal('domain', domain)}${equal('by_check', check)}${equal('verdict', verdict)}`;
  const order = 'ORDER BY day DESC, domain, by_check, verdict';
  return { sql: `SELECT * FROM ${table} WHERE ${where} ${order} LIMIT ${placeholder(values.push(limit + 1))}`, values };
}

function statementOf(query: HistoryQuery, limit: number, dialect: Dialect): Statement {
  const values: (string | number)[] = [];
  const value = (one: string | number) => dialect.placeholder(values.push(typeof one === 'string' ? dialect.storable(one) : one));
  const { driver, wanted } = wantedOf(query);
  const isSorted = wanted.every(({ column, compared }) => column !== driver || compared === 'equal');
  const time = timeParts(query, isSorted ? 'at' : dialect.unindexed('at'), value);
  const parts = [...time, ...wanted.map((one) => columnPart(one, { driver, dialect, value }))];
  const newestFirst = 'ORDER BY at DESC, nth DESC';
  if (query.contains !== undefined) {
    const part = value(lowerAscii(query.contains));
    return { sql: dialect.containing({ part, others: parts, time, order: newestFirst, limit: value(limit) }), values };
  }
  const chosen = `FROM ${dialect.table} WHERE ${parts.join(' AND ')} ${newestFirst} LIMIT ${value(limit)}`;
  const sql = isSorted ? `SELECT * ${chosen}` : dialect.sorted(chosen, newestFirst);
  return { sql, values };
}

interface Wanted {
  readonly column: Column;
  readonly compared: 'equal' | 'begins';
  readonly text: string;
}

/** What is compared, and the column whose index finds it: of those that are given, the one that most likely leaves the fewest. */
function wantedOf(query: HistoryQuery): { readonly driver: Column | undefined; readonly wanted: readonly Wanted[] } {
  const { domain, recipient, sender, client, check, verdict } = query;
  const wanted: readonly Wanted[] = [
    ...patternOf('recipient', recipient),
    ...patternOf('sender', sender),
    ...patternOf('client', client),
    ...exactly('domain', domain),
    ...exactly('by_check', check),
    ...exactly('verdict', verdict),
  ];
  const best = wanted.toSorted((a, b) => manyOf(a) - manyOf(b))[0];
  return { driver: best?.column, wanted };
}

/** Characters of a beginning that few share. */
const TELLING = 4;

/** How many rows a condition leaves, as a rank. Bounces are many, and so is what a check says. */
function manyOf({ column, compared, text }: Wanted): number {
  if (column === 'verdict') return 6;
  if (text === '') return 5;
  if (column === 'by_check') return 4;
  if (compared === 'begins') return text.length < TELLING ? 3 : 1;
  return column === 'domain' ? 2 : 0;
}

function patternOf(column: Column, pattern: string | undefined): readonly Wanted[] {
  if (!pattern?.endsWith('*')) return exactly(column, pattern);
  const text = pattern.slice(0, -1);
  return text === '' ? [] : [{ column, compared: 'begins', text }];
}

function exactly(column: Column, text: string | undefined): readonly Wanted[] {
  return text === undefined ? [] : [{ column, compared: 'equal', text }];
}

type TakeValue = (one: string | number) => string;

function timeParts(query: HistoryQuery, at: string, value: TakeValue): readonly string[] {
  const after = parseAfter(query.after);
  return [
    `${at} >= ${value(query.since.getTime())}`,
    `${at} < ${value(query.until.getTime())}`,
    // The bound of the time alone would be enough for the answer; the first one lets PostgreSQL pass over the days behind it.
    ...(after === undefined ? [] : [`${at} <= ${value(after.at)}`, `(${at}, nth) < (${value(after.at)}, ${value(after.nth)})`]),
  ];
}

function columnPart(
  { column, compared, text }: Wanted,
  { driver, dialect, value }: { readonly driver: Column | undefined; readonly dialect: Dialect; readonly value: TakeValue },
): string {
  const compare = column === driver ? column : dialect.unindexed(column);
  if (compared === 'equal') return `${compare} = ${value(text)}`;
  // The last code point sorts behind whatever follows the prefix.
  return `${compare} >= ${value(text)} AND ${compare} < ${value(`${dialect.storable(text)}\u{10ffff}`)}`;
}

/** As SQL does it: letters outside ASCII stay as they are. */
function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase());
}
