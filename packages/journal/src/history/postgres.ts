import { describeError } from '@vratny/text';
import {
  type BatchId,
  checkLimit,
  checkQuery,
  DAY_MS,
  dayOf,
  daysOf,
  type History,
  type HistoryCount,
  type HistoryEntry,
  type HistoryPage,
  type HistoryQuery,
  newestDayOf,
  parseAfter,
  withFaults,
} from './port.ts';
import { COLUMNS, type Row, rowOf, TEXT_COLUMNS, toCountsPage, toEntry, toPage } from './rows.ts';
import { countsStatement, SEARCH_INDEXES, searchStatement, storableInPostgres, WORDS_IN_POSTGRES } from './search-sql.ts';

/** Connections to the database, as a pool of the library `pg` gives them. */
export interface HistoryPool {
  /** One for one piece of work. Rejects when there is none in time. */
  connect(): Promise<HistoryConnection>;
  end(): Promise<void>;
}

/** A connection of the pool. Whole numbers of 64 bits come as numbers. */
export interface HistoryConnection {
  query(sql: string | TimedQuery, values?: unknown[]): Promise<{ readonly rows: readonly Row[]; readonly rowCount: number | null }>;
  /** Gives it back; `true`: it is broken. */
  release(broken?: boolean): void;
}

/** A query that may take longer than those of the pool. */
interface TimedQuery {
  readonly text: string;
  readonly values?: unknown[];
  /** Milliseconds. */
  readonly query_timeout: number;
}

/** Numbers of advisory locks, which are ours alone in a database of ours. */
const LOCKS = { schema: 1_986_556_001, expiry: 1_986_556_002 };
const PARTITION = /^history_entry_(\d{4})(\d{2})(\d{2})$/u;
/** SQLSTATE of a table that is not there, and of a row for which there is no partition. */
const [NO_TABLE, NO_PARTITION] = ['42P01', '23514'];
/** An address that is forgotten is looked for in every day. */
const FORGET_MS = 60_000;
/** How long a change of tables waits for a lock: whoever comes meanwhile waits behind it. What did not get it is tried again with the next entries. */
const SCHEMA_LOCK_MS = 2_000;
/** Octets of a text that an index takes, with what else stands there: less than a third of a page of 8 KiB. */
const WORDS_MAX = 2_000;

// Texts are compared by their octets, so that an index serves the beginnings of addresses.
// No statement reads or writes rows, in tables that are there already neither: what the days of an earlier version lack, they lack until they are removed.
const SCHEMA = [
  'CREATE SEQUENCE IF NOT EXISTS history_entry_nth',
  `CREATE TABLE IF NOT EXISTS history_entry (
    nth bigint NOT NULL DEFAULT nextval('history_entry_nth'), at bigint NOT NULL,
    ${TEXT_COLUMNS.map((name) => `${name} text COLLATE "C" NOT NULL`).join(', ')}, size_bytes bigint, story text
  ) PARTITION BY RANGE (at)`,
  'CREATE UNIQUE INDEX IF NOT EXISTS history_entry_id ON history_entry (id, recipient, at)',
  // What a part of a text is looked for in; NULL where it is too long for an index, and in rows of hosts of an earlier version.
  'ALTER TABLE history_entry ADD COLUMN IF NOT EXISTS words text COLLATE "C"',
  // The server made it from the others once.
  'ALTER TABLE history_entry ALTER COLUMN words DROP EXPRESSION IF EXISTS',
  onlyNewDays('words', '(at, nth) INCLUDE (by_check, verdict, words)'),
  onlyNewDays('long', '(at, nth) WHERE words IS NULL'),
  // The newest of all are found by the index of words.
  ...SEARCH_INDEXES.filter(([name]) => name !== 'at').map(([name, columns]) => onlyNewDays(name, `(${columns})`)),
  `CREATE TABLE IF NOT EXISTS history_count (
    domain text COLLATE "C", day text COLLATE "C", by_check text COLLATE "C", verdict text COLLATE "C", count bigint NOT NULL,
    PRIMARY KEY (domain, day, by_check, verdict)
  )`,
  'CREATE INDEX IF NOT EXISTS history_count_day ON history_count (day)',
  'CREATE TABLE IF NOT EXISTS history_batch (source text PRIMARY KEY, nth bigint NOT NULL, day text COLLATE "C" NOT NULL)',
];

/** Days that are there are left as they are: to build an index locks out their writers. */
function onlyNewDays(name: string, columns: string): string {
  return `CREATE INDEX IF NOT EXISTS history_entry_${name} ON ONLY history_entry ${columns}`;
}

// What a writer stored whose answer was lost is sent again.
const NUMBERS: ReadonlySet<string> = new Set(['at', 'size_bytes']);
const INSERT = `INSERT INTO history_entry (${COLUMNS.join(', ')}, words)
  SELECT ${COLUMNS.join(', ')}, CASE WHEN octet_length(${WORDS_IN_POSTGRES}) <= ${WORDS_MAX} THEN ${WORDS_IN_POSTGRES} END
  FROM unnest(${COLUMNS.map((name, i) => `$${i + 1}::${NUMBERS.has(name) ? 'bigint' : 'text'}[]`).join(', ')})
    WITH ORDINALITY AS given (${COLUMNS.join(', ')}, place)
  ORDER BY place ON CONFLICT DO NOTHING`;
// A batch that is there already changes nothing.
const BATCH = `INSERT INTO history_batch AS known (source, nth, day) VALUES ($1, $2, $3)
  ON CONFLICT (source) DO UPDATE SET nth = excluded.nth, day = excluded.day WHERE excluded.nth > known.nth`;
const COUNT = `INSERT INTO history_count AS known (domain, day, by_check, verdict, count)
  SELECT domain, day, by_check, verdict, sum(count)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS given (domain, day, by_check, verdict, count)
  GROUP BY domain, day, by_check, verdict ORDER BY domain, day, by_check, verdict
  ON CONFLICT (domain, day, by_check, verdict) DO UPDATE SET count = known.count + excluded.count`;

/**
 * A history in PostgreSQL (14 or newer), to which many hosts write: a partition for each day, made ahead, since a partition is removed at once and
 * deleting a day's rows takes minutes. The first entry makes the tables; a reader finds nothing where there are none yet. `name` is how faults call it.
 */
export function openPostgresHistory({ pool, name }: { readonly pool: HistoryPool; readonly name: string }): History {
  return withFaults(openTables(pool), `on ${name}`, describeError);
}

function openTables(pool: HistoryPool): History {
  const tables = new Tables();
  const attempt = async <T>(work: (connection: HistoryConnection) => Promise<T>): Promise<T> => {
    const connection = await pool.connect();
    let broken = true;
    try {
      const result = await work(connection);
      broken = false;
      return result;
    } finally {
      connection.release(broken);
    }
  };
  /** What readers ask; `none` is the answer before there are tables. */
  const ask = <T>(none: T, work: (connection: HistoryConnection) => Promise<T>): Promise<T> =>
    attempt((connection) =>
      work(connection).catch((error: unknown) => {
        if (codeOf(error) === NO_TABLE) return none;
        throw error;
      }),
    );
  return {
    add: (entries, counts, batch) => attempt((connection) => addRows(connection, tables, { entries, counts, batch })),
    find(id) {
      const [first] = daysOf(id);
      if (first === undefined) return Promise.resolve([]);
      const from = Date.parse(first);
      return ask([], async (connection) => {
        const sql = 'SELECT * FROM history_entry WHERE id = $1 AND at >= $2 AND at < $3 ORDER BY nth';
        return (await connection.query(sql, [id, from, from + 2 * DAY_MS])).rows.map(toEntry);
      });
    },
    async search(query) {
      checkQuery(query);
      parseAfter(query.after);
      return await ask({ entries: [] }, (connection) => readPage(connection, query));
    },
    async counts(query) {
      checkLimit(query);
      const { sql, values } = countsStatement('postgres', query);
      return await ask({ counts: [], more: false }, async (connection) => toCountsPage((await connection.query(sql, values)).rows, query));
    },
    forget: (address) => ask(0, (connection) => forgetAddress(connection, address)),
    expire: (before) => ask(undefined, (connection) => expireDays(connection, tables, before)),
    close: () => pool.end(),
  };
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

async function inTransaction<T>(connection: HistoryConnection, work: () => Promise<T>): Promise<T> {
  await connection.query('BEGIN');
  try {
    const result = await work();
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that is broken has rolled back already.
    await connection.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The days of which this process knows that there is a partition. */
class Tables {
  readonly #days = new Set<string>();
  #areThere = false;

  /** Makes what is missing for some days, and for the day after each: nobody has to wait at midnight. */
  async prepare(connection: HistoryConnection, days: readonly string[]): Promise<void> {
    const wanted = new Set(days.flatMap((day) => [day, dayOf(new Date(Date.parse(day) + DAY_MS))]));
    const missing = [...wanted].filter((day) => !this.#days.has(day)).sort();
    if (missing.length === 0 && this.#areThere) return;
    await inTransaction(connection, async () => {
      // Two hosts begin at the same time.
      await connection.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.schema]);
      // Only where they are not there: an index that is there already is locked before that is seen.
      const { rows } = await connection.query(KNOWN);
      if (rows[0]?.['known'] !== true) await makeTables(connection);
      for (const day of missing) await addPartition(connection, day);
    });
    for (const day of missing) this.#days.add(day);
    this.#areThere = true;
  }

  forgetDay(day: string): void {
    this.#days.delete(day);
  }

  forgetAll(): void {
    this.#days.clear();
    this.#areThere = false;
  }
}

const KNOWN = `SELECT to_regclass('history_batch') IS NOT NULL
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('history_entry') AND attname = 'words' AND attgenerated = '') AS known`;

async function makeTables(connection: HistoryConnection): Promise<void> {
  await connection.query(`SET LOCAL lock_timeout = ${SCHEMA_LOCK_MS}`);
  for (const statement of SCHEMA) await connection.query(statement);
}

/** Attached when it is made: to make it in its place would lock out all readers and writers. */
async function addPartition(connection: HistoryConnection, day: string): Promise<void> {
  const name = `history_entry_${day.replaceAll('-', '')}`;
  const { rows } = await connection.query(
    `SELECT relispartition AS attached, coalesce((SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = pg_class.oid), false) AS leaving
     FROM pg_class WHERE oid = to_regclass($1)`,
    [name],
  );
  if (rows[0]?.['leaving'] === true) await connection.query(`ALTER TABLE history_entry DETACH PARTITION ${name} FINALIZE`);
  else if (rows[0]?.['attached'] === true) return;
  const from = Date.parse(day);
  if (rows.length === 0) await connection.query(`CREATE TABLE ${name} (LIKE history_entry INCLUDING DEFAULTS INCLUDING INDEXES)`);
  await connection.query(`ALTER TABLE history_entry ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${from + DAY_MS})`);
}

interface Added {
  readonly entries: readonly HistoryEntry[];
  readonly counts: readonly HistoryCount[];
  readonly batch: BatchId | undefined;
}

async function addRows(connection: HistoryConnection, tables: Tables, { entries, counts, batch }: Added): Promise<void> {
  if (entries.length === 0 && counts.length === 0) return;
  const days = [...new Set(entries.map(({ at }) => dayOf(at)))];
  const store = async () => {
    await tables.prepare(connection, days);
    await inTransaction(connection, async () => {
      if (entries.length > 0) await connection.query(INSERT, columnsOf(entries));
      if (counts.length > 0 && (await isNew(connection, batch, counts))) await connection.query(COUNT, countColumnsOf(counts));
    });
  };
  try {
    await store();
  } catch (error) {
    // Somebody removed what was there a moment ago: a day that expired, or all tables.
    if (![NO_TABLE, NO_PARTITION].includes(String(codeOf(error)))) throw error;
    tables.forgetAll();
    await store();
  }
}

/** Whether the counts of a batch were not added before. */
async function isNew(connection: HistoryConnection, batch: BatchId | undefined, counts: readonly HistoryCount[]): Promise<boolean> {
  if (batch === undefined) return true;
  return (await connection.query(BATCH, [batch.source, batch.nth, newestDayOf(counts)])).rowCount !== 0;
}

function columnsOf(entries: readonly HistoryEntry[]): unknown[] {
  const rows = entries.map((entry) => rowOf(entry, storableInPostgres));
  return COLUMNS.map((_, i) => rows.map((row) => row[i]));
}

function countColumnsOf(counts: readonly HistoryCount[]): unknown[] {
  return [
    ...[counts.map(({ domain }) => storableInPostgres(domain)), counts.map(({ day }) => day)],
    ...[counts.map(({ check }) => check), counts.map(({ verdict }) => verdict), counts.map(({ count }) => count)],
  ];
}

async function readPage(connection: HistoryConnection, query: HistoryQuery): Promise<HistoryPage> {
  // One more than the page holds, to know whether there is another page.
  const { sql, values } = searchStatement('postgres', query, query.limit + 1);
  // Of a day that has just begun the server knows nothing, and would rather read all of it.
  await connection.query("SELECT set_config('enable_seqscan', 'off', false)");
  return toPage((await connection.query(sql, values)).rows, query);
}

async function forgetAddress(connection: HistoryConnection, address: string): Promise<number> {
  const removed = await inTransaction(connection, async () => {
    await connection.query(`SET LOCAL statement_timeout = ${FORGET_MS}`);
    const text = 'DELETE FROM history_entry WHERE sender = $1 OR recipient = $1';
    return (await connection.query({ text, values: [storableInPostgres(address)], query_timeout: FORGET_MS })).rowCount ?? 0;
  });
  if (removed === 0) return 0;
  // Rows that were deleted lie in the files until then. What does not end in time, the server's own vacuum does later.
  await connection.query(`SET statement_timeout = ${FORGET_MS}`);
  await connection.query({ text: 'VACUUM history_entry', query_timeout: 2 * FORGET_MS }).catch(() => undefined);
  return removed;
}

/** One host at a time; the others find nothing left to do. */
async function expireDays(connection: HistoryConnection, tables: Tables, before: Parameters<History['expire']>[0]): Promise<void> {
  const { rows } = await connection.query('SELECT pg_try_advisory_lock($1) AS ours', [LOCKS.expiry]);
  if (rows[0]?.['ours'] !== true) return;
  try {
    for (const table of ['history_count', 'history_batch'])
      await connection.query(`DELETE FROM ${table} WHERE day < $1`, [before.countsFrom]);
    for (const { name, day, isAttached, isLeaving } of await readPartitions(connection)) {
      if (day >= before.entriesFrom) continue;
      tables.forgetDay(day);
      // Without a lock on the table of all days; what was interrupted on the way is ended.
      if (isAttached)
        await connection.query(`ALTER TABLE history_entry DETACH PARTITION ${name} ${isLeaving ? 'FINALIZE' : 'CONCURRENTLY'}`);
      await connection.query(`DROP TABLE ${name}`);
    }
  } finally {
    // A connection that is broken holds no lock.
    await connection.query('SELECT pg_advisory_unlock($1)', [LOCKS.expiry]).catch(() => undefined);
  }
}

interface Partition {
  readonly name: string;
  readonly day: string;
  readonly isAttached: boolean;
  /** Its removal was begun and not ended. */
  readonly isLeaving: boolean;
}

async function readPartitions(connection: HistoryConnection): Promise<readonly Partition[]> {
  const { rows } = await connection.query(
    `SELECT relname AS name, inhparent IS NOT NULL AS attached, coalesce(inhdetachpending, false) AS leaving
     FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid AND inhparent = 'history_entry'::regclass
     WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'history_entry'::regclass)
       AND relname LIKE 'history\\_entry\\_%' ORDER BY relname`,
  );
  return rows.flatMap((row) => {
    const name = String(row['name']);
    const [, year, month, day] = PARTITION.exec(name) ?? [];
    if (year === undefined) return [];
    return [{ name, day: `${year}-${month}-${day}`, isAttached: row['attached'] === true, isLeaving: row['leaving'] === true }];
  });
}
