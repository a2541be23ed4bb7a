import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { createDatabaseFile, describeDatabaseError } from '@vratny/files';
import {
  type BatchId,
  checkQuery,
  dayOf,
  domainOf,
  type History,
  type HistoryCount,
  type HistoryEntry,
  HistoryFault,
  type HistoryPage,
  type HistoryQuery,
  parseAfter,
  parseReceipt,
} from './port.ts';
import { toCount, toEntry } from './rows.ts';

const DAY_MS = 86_400_000;
const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.db$/u;
const COUNTS_FILE = 'counts.db';
/** Behind the name of a file that cannot be read. */
const DAMAGED = '.damaged';
/** How long one process waits for another: the writer writes in batches of some milliseconds. */
const BUSY_MS = 5_000;
/** Files of days that are held open. */
const OPEN_MAX = 4;

const ENTRIES_SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    nth INTEGER PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL, host TEXT NOT NULL, client TEXT NOT NULL, helo TEXT NOT NULL,
    sender TEXT NOT NULL, recipient TEXT NOT NULL, domain TEXT NOT NULL, by_check TEXT NOT NULL, verdict TEXT NOT NULL, reply TEXT NOT NULL,
    size_bytes INTEGER, story TEXT
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS entry_id ON entry (id, recipient);
  CREATE INDEX IF NOT EXISTS entry_at ON entry (at);
  CREATE INDEX IF NOT EXISTS entry_domain ON entry (domain, at);
  CREATE INDEX IF NOT EXISTS entry_recipient ON entry (recipient, at);
  CREATE INDEX IF NOT EXISTS entry_sender ON entry (sender, at);
  CREATE INDEX IF NOT EXISTS entry_client ON entry (client, at);
  CREATE INDEX IF NOT EXISTS entry_check ON entry (by_check, at);
`;
const COUNTS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS verdicts (
    domain TEXT NOT NULL, day TEXT NOT NULL, by_check TEXT NOT NULL, verdict TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (domain, day, by_check, verdict)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS verdicts_day ON verdicts (day);
  CREATE TABLE IF NOT EXISTS batch (source TEXT PRIMARY KEY, nth INTEGER NOT NULL, day TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
// A writer that was killed has perhaps stored what is sent again.
const INSERT = `INSERT OR IGNORE INTO entry (at, id, host, client, helo, sender, recipient, domain, by_check, verdict, reply, size_bytes, story)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
// A batch that is there already changes nothing.
const BATCH = `INSERT INTO batch (source, nth, day) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET nth = excluded.nth, day = excluded.day WHERE excluded.nth > batch.nth`;
const COUNT = `INSERT INTO verdicts (domain, day, by_check, verdict, count) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET count = count + excluded.count`;

/**
 * A history in a folder: a file for each day, since deleting a file costs nothing and deleting a day's rows takes seconds, and one file of counts. One
 * process writes; others open it with `readOnly`, and find nothing where there is no folder yet.
 */
export function openSqliteHistory(options: { readonly folder: string; readonly readOnly?: boolean }): History {
  const history = openFolder(options.folder, options.readOnly ?? false);
  const attempt = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      throw new HistoryFault(`the history in ${options.folder}: ${describeDatabaseError(options.folder, error)}`, { cause: error });
    }
  };
  return {
    add: (entries, counts, batch) => attempt(history.add(entries, counts, batch)),
    find: (id) => attempt(history.find(id)),
    search: (query) => attempt(history.search(query)),
    counts: (range) => attempt(history.counts(range)),
    forget: (address) => attempt(history.forget(address)),
    expire: (before) => attempt(history.expire(before)),
    close: () => history.close(),
  };
}

function openFolder(folder: string, readOnly: boolean): History {
  const files = new Files(folder, readOnly);
  return {
    add: (entries, counts, batch) => add(files, entries, counts, batch),
    async find(id) {
      const madeAt = parseReceipt(id)?.madeAt.getTime();
      if (madeAt === undefined) return [];
      // It was perhaps made a moment before midnight, and told of after it.
      const days = [dayOf(new Date(madeAt)), dayOf(new Date(madeAt + DAY_MS))];
      for (const day of files.days().filter((one) => days.includes(one))) {
        const found = (await files.day(day))?.prepare('SELECT * FROM entry WHERE id = ? ORDER BY nth').all(id) ?? [];
        if (found.length > 0) return found.map(toEntry);
      }
      return [];
    },
    search: (query) => search(files, query),
    async counts({ domain, from, to }) {
      const database = await files.counts();
      if (database === undefined) return [];
      const where = domain === undefined ? 'day BETWEEN ? AND ?' : 'day BETWEEN ? AND ? AND domain = ?';
      const rows = database
        .prepare(`SELECT * FROM verdicts WHERE ${where} ORDER BY day, domain, by_check, verdict`)
        .all(from, to, ...(domain === undefined ? [] : [domain]));
      return rows.map(toCount);
    },
    async forget(address) {
      let removed = 0;
      for (const day of files.days()) {
        const database = await files.day(day);
        const { changes } = database?.prepare('DELETE FROM entry WHERE sender = ?1 OR recipient = ?1').run(address) ?? { changes: 0 };
        removed += Number(changes);
        // What was removed must not stay readable in the file.
        if (changes > 0) database?.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
      }
      return removed;
    },
    async expire({ entriesFrom, countsFrom }) {
      for (const day of files.days('and damaged').filter((one) => one < entriesFrom)) files.remove(day);
      const counting = await files.counts();
      for (const table of ['verdicts', 'batch']) counting?.prepare(`DELETE FROM ${table} WHERE day < ?`).run(countsFrom);
    },
    close: async () => files.close(),
  };
}

async function add(
  files: Files,
  entries: readonly HistoryEntry[],
  counts: readonly HistoryCount[],
  batch: BatchId | undefined,
): Promise<void> {
  const byDay = Map.groupBy(entries, ({ at }) => dayOf(at));
  for (const [day, some] of byDay) {
    try {
      const database = await files.day(day);
      if (database !== undefined) inTransaction(database, () => insert(database, some));
    } catch (error) {
      // One damaged file must not hold up the entries of all other days: the next try makes a new one.
      if (isDamage(error)) files.moveAway(day);
      throw error;
    }
  }
  const counting = counts.length > 0 ? await files.counts() : undefined;
  if (counting === undefined) return;
  const newestDay =
    counts
      .map(({ day }) => day)
      .sort()
      .at(-1) ?? '';
  inTransaction(counting, () => {
    if (batch !== undefined && counting.prepare(BATCH).run(batch.source, batch.nth, newestDay).changes === 0) return;
    const statement = counting.prepare(COUNT);
    for (const { domain, day, check, verdict, count } of counts) statement.run(domain, day, check, verdict, count);
  });
}

function insert(database: DatabaseSync, entries: readonly HistoryEntry[]): void {
  const statement = database.prepare(INSERT);
  for (const one of entries) {
    const { at, id, host, client, helo, sender, recipient, check, verdict, reply, sizeBytes = null, story = null } = one;
    const values = [at.getTime(), id, host, client, helo, sender, recipient, domainOf(one), check, verdict, reply, sizeBytes, story];
    statement.run(...values);
  }
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && [11, 26].includes(error.errcode & 0xff);
}

/** Day by day, the newest first, until the page is full. */
async function search(files: Files, query: HistoryQuery): Promise<HistoryPage> {
  checkQuery(query);
  const after = parseAfter(query.after);
  const since = dayOf(query.since);
  const until = dayOf(new Date(Math.min(query.until.getTime() - 1, after?.at ?? Number.POSITIVE_INFINITY)));
  const days = files
    .days()
    .filter((day) => day >= since && day <= until)
    .toReversed();
  const found: { readonly nth: number; readonly entry: HistoryEntry }[] = [];
  for (const day of days) {
    const within = after !== undefined && Math.floor(after.at / DAY_MS) === Math.floor(Date.parse(day) / DAY_MS) ? after : undefined;
    const [where, values] = conditions(query, within);
    // One more than the page holds, to know whether there is another page.
    const rows = (await files.day(day))
      ?.prepare(`SELECT * FROM entry WHERE ${where} ORDER BY at DESC, nth DESC LIMIT ?`)
      .all(...values, query.limit + 1 - found.length);
    found.push(...(rows ?? []).map((row) => ({ nth: Number(row['nth']), entry: toEntry(row) })));
    if (found.length > query.limit) break;
  }
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  const entries = page.map(({ entry }) => entry);
  return last === undefined || found.length === page.length ? { entries } : { entries, next: `${last.entry.at.getTime()}.${last.nth}` };
}

function conditions(query: HistoryQuery, after: ReturnType<typeof parseAfter>): readonly [where: string, values: readonly SQLInputValue[]] {
  const { domain, recipient, sender, client, check, verdict, contains } = query;
  const parts: (readonly [sql: string, ...values: SQLInputValue[]])[] = [
    ['at >= ? AND at < ?', query.since.getTime(), query.until.getTime()],
    ...(after === undefined ? [] : [['(at, nth) < (?, ?)', after.at, after.nth] as const]),
    ...(domain === undefined ? [] : [['domain = ?', domain] as const]),
    ...textCondition('recipient', recipient),
    ...textCondition('sender', sender),
    ...textCondition('client', client),
    ...(check === undefined ? [] : [['by_check = ?', check] as const]),
    ...(verdict === undefined ? [] : [['verdict = ?', verdict] as const]),
    ...(contains === undefined
      ? []
      : [['instr(lower(sender || char(10) || recipient || char(10) || reply), ?) > 0', contains.toLowerCase()] as const]),
  ];
  return [parts.map(([sql]) => sql).join(' AND '), parts.flatMap(([, ...values]) => values)];
}

function textCondition(column: string, pattern: string | undefined): readonly (readonly [sql: string, ...values: string[]])[] {
  if (pattern === undefined) return [];
  if (!pattern.endsWith('*')) return [[`${column} = ?`, pattern]];
  const prefix = pattern.slice(0, -1);
  // The last code point sorts behind whatever follows the prefix.
  return [[`${column} >= ? AND ${column} < ?`, prefix, `${prefix}\u{10ffff}`]];
}

/** The files of a folder, opened when they are asked for. */
class Files {
  readonly #folder: string;
  readonly #readOnly: boolean;
  /** By day, and the counts; the one used last stands at the end. */
  readonly #open = new Map<string, DatabaseSync>();

  constructor(folder: string, readOnly: boolean) {
    this.#folder = folder;
    this.#readOnly = readOnly;
  }

  /** Days of which there is a file, in order. */
  days(which?: 'and damaged'): readonly string[] {
    const days = this.#names().flatMap((name) => DAY_FILE.exec(which === undefined ? name : name.replace(DAMAGED, ''))?.[1] ?? []);
    return [...new Set(days)].sort();
  }

  /** The file of a day; undefined for a reader when there is none. */
  day(day: string): Promise<DatabaseSync | undefined> {
    return this.#use(`${day}.db`, ENTRIES_SCHEMA);
  }

  counts(): Promise<DatabaseSync | undefined> {
    return this.#use(COUNTS_FILE, COUNTS_SCHEMA);
  }

  remove(day: string): void {
    const name = `${day}.db`;
    this.#close(name);
    for (const end of ['', '-wal', '-shm', DAMAGED]) rmSync(join(this.#folder, `${name}${end}`), { force: true });
  }

  /** The file of a day that cannot be read is kept beside the others until its day expires, for whoever can mend it. */
  moveAway(day: string): void {
    const path = join(this.#folder, `${day}.db`);
    this.#close(`${day}.db`);
    renameSync(path, `${path}${DAMAGED}`);
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  }

  close(): void {
    for (const name of [...this.#open.keys()]) this.#close(name);
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  async #use(name: string, schema: string): Promise<DatabaseSync | undefined> {
    const known = this.#open.get(name);
    if (known !== undefined) {
      this.#open.delete(name);
      this.#open.set(name, known);
      return known;
    }
    if (this.#readOnly && !this.#names().includes(name)) return undefined;
    const path = join(this.#folder, name);
    if (!this.#readOnly) {
      mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
      await createDatabaseFile(path);
    }
    const database = new DatabaseSync(path, { readOnly: this.#readOnly, timeout: BUSY_MS });
    // The writer has made the file and not yet its tables.
    if (this.#readOnly && database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table'").get() === undefined) {
      database.close();
      return undefined;
    }
    if (!this.#readOnly) database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; ${schema}`);
    this.#open.set(name, database);
    if (this.#open.size > OPEN_MAX) this.#close([...this.#open.keys()][0] ?? '');
    return database;
  }

  #close(name: string): void {
    this.#open.get(name)?.close();
    this.#open.delete(name);
  }
}
