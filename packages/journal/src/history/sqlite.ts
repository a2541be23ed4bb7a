import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createDatabaseFile, describeDatabaseError } from '@vratny/files';
import {
  checkLimit,
  checkQuery,
  dayOf,
  daysOf,
  type History,
  type HistoryEntry,
  type HistoryPage,
  type HistoryQuery,
  newestDayOf,
  parseAfter,
  withFaults,
} from './port.ts';
import { COLUMNS, type Row, rowOf, TEXT_COLUMNS, toCountsPage, toEntry, toPage } from './rows.ts';
import { countsStatement, SEARCH_INDEXES, searchStatement } from './search-sql.ts';

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.db$/u;
const COUNTS_FILE = 'counts.db';
/** Behind the name of a file that cannot be read. */
const DAMAGED = '.damaged';
/** How long one process waits for another: the writer writes in batches of some milliseconds. */
const BUSY_MS = 5_000;
/** Files that are held open: the days that are kept unless told, and the counts. Each takes up to 2 MB for what was read of it. */
const OPEN_MAX = 16;

const ENTRIES_SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    nth INTEGER PRIMARY KEY, at INTEGER NOT NULL, ${TEXT_COLUMNS.map((name) => `${name} TEXT NOT NULL`).join(', ')}, size_bytes INTEGER, story TEXT
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS entry_id ON entry (id, recipient);
  ${SEARCH_INDEXES.map(([name, columns]) => `CREATE INDEX IF NOT EXISTS entry_${name} ON entry (${columns});`).join('\n  ')}
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
const INSERT = `INSERT OR IGNORE INTO entry (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`;
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
  const { folder, readOnly = false } = options;
  return withFaults(openFolder(folder, readOnly), `in ${folder}`, (error) => describeDatabaseError(folder, error));
}

function openFolder(folder: string, readOnly: boolean): History {
  const files = new Files(folder, readOnly);
  return {
    add: (...added) => add(files, ...added),
    async find(id) {
      const days = daysOf(id);
      for (const day of files.days().filter((one) => days.includes(one))) {
        const found = await files.withDay(day, (database) => database.prepare('SELECT * FROM entry WHERE id = ? ORDER BY nth').all(id));
        if (found !== undefined && found.length > 0) return found.map(toEntry);
      }
      return [];
    },
    search: (query) => search(files, query),
    async counts(query) {
      checkLimit(query);
      const { sql, values } = countsStatement('sqlite', query);
      return toCountsPage((await files.withCounts((database) => database.prepare(sql).all(...values))) ?? [], query);
    },
    async forget(address) {
      let removed = 0;
      for (const day of files.days()) {
        const changes = await files.withDay(day, (database) => {
          const ran = database.prepare('DELETE FROM entry WHERE sender = ?1 OR recipient = ?1').run(address);
          // What was removed must not stay readable in the file.
          if (ran.changes > 0) database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
          return Number(ran.changes);
        });
        removed += changes ?? 0;
      }
      return removed;
    },
    async expire({ entriesFrom, countsFrom }) {
      for (const day of files.days('and damaged').filter((one) => one < entriesFrom)) files.remove(day);
      await files.withCounts((counting) => {
        for (const table of ['verdicts', 'batch']) counting.prepare(`DELETE FROM ${table} WHERE day < ?`).run(countsFrom);
      });
    },
    close: async () => files.close(),
  };
}

async function add(files: Files, ...[entries, counts, batch]: Parameters<History['add']>): Promise<void> {
  const byDay = Map.groupBy(entries, ({ at }) => dayOf(at));
  for (const [day, some] of byDay) {
    try {
      await files.withDay(day, (database) => inTransaction(database, () => insert(database, some)));
    } catch (error) {
      // One damaged file must not hold up the entries of all other days: the next try makes a new one.
      if (isDamage(error)) files.moveAway(day);
      throw error;
    }
  }
  if (counts.length === 0) return;
  await files.withCounts((counting) =>
    inTransaction(counting, () => {
      if (batch !== undefined && counting.prepare(BATCH).run(batch.source, batch.nth, newestDayOf(counts)).changes === 0) return;
      const statement = counting.prepare(COUNT);
      for (const { domain, day, check, verdict, count } of counts) statement.run(domain, day, check, verdict, count);
    }),
  );
}

function insert(database: DatabaseSync, entries: readonly HistoryEntry[]): void {
  const statement = database.prepare(INSERT);
  for (const one of entries) statement.run(...rowOf(one));
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
  const found: Row[] = [];
  for (const day of days) {
    // One more than the page holds, to know whether there is another page.
    const { sql, values } = searchStatement('sqlite', query, query.limit + 1 - found.length);
    found.push(...((await files.withDay(day, (database) => database.prepare(sql).all(...values))) ?? []));
    if (found.length > query.limit) break;
  }
  return toPage(found, query);
}

/** The files of a folder, opened when they are asked for. */
class Files {
  readonly #folder: string;
  readonly #readOnly: boolean;
  /** By name; the one used last stands at the end. */
  readonly #open = new Map<string, { readonly database: DatabaseSync; readonly inode: number }>();

  constructor(folder: string, readOnly: boolean) {
    this.#folder = folder;
    this.#readOnly = readOnly;
  }

  /** Days of which there is a file, in order. */
  days(which?: 'and damaged'): readonly string[] {
    const names = this.#names();
    // A file that somebody removed takes its room until nobody holds it.
    for (const name of [...this.#open.keys()].filter((one) => !names.includes(one))) this.#close(name);
    const days = names.flatMap((name) => DAY_FILE.exec(which === undefined ? name : name.replace(DAMAGED, ''))?.[1] ?? []);
    return [...new Set(days)].sort();
  }

  /** Works with the file of a day; undefined for a reader when there is none. */
  withDay<T>(day: string, work: (database: DatabaseSync) => T): Promise<T | undefined> {
    return this.#with(`${day}.db`, ENTRIES_SCHEMA, work);
  }

  withCounts<T>(work: (database: DatabaseSync) => T): Promise<T | undefined> {
    return this.#with(COUNTS_FILE, COUNTS_SCHEMA, work);
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

  /** The work is done before anything else is: while it waited, somebody else could have the file closed. */
  async #with<T>(name: string, schema: string, work: (database: DatabaseSync) => T): Promise<T | undefined> {
    const path = join(this.#folder, name);
    let database = this.#use(name, path, schema);
    if (database === undefined && !this.#readOnly) {
      mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
      await createDatabaseFile(path);
      database = this.#use(name, path, schema);
    }
    return database === undefined ? undefined : work(database);
  }

  #use(name: string, path: string, schema: string): DatabaseSync | undefined {
    const inode = statSync(path, { throwIfNoEntry: false })?.ino;
    const known = this.#open.get(name);
    this.#open.delete(name);
    if (known !== undefined && known.inode === inode) {
      this.#open.set(name, known);
      return known.database;
    }
    known?.database.close();
    if (inode === undefined) return undefined;
    const database = this.#openFile(path, schema);
    if (database === undefined) return undefined;
    this.#open.set(name, { database, inode });
    if (this.#open.size > OPEN_MAX) this.#close([...this.#open.keys()][0] ?? '');
    return database;
  }

  /** Undefined where the writer has made the file and not yet its tables. */
  #openFile(path: string, schema: string): DatabaseSync | undefined {
    const database = new DatabaseSync(path, { readOnly: this.#readOnly, timeout: BUSY_MS });
    try {
      if (!this.#readOnly) database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; ${schema}`);
      else if (database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table'").get() === undefined) {
        database.close();
        return undefined;
      }
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #close(name: string): void {
    this.#open.get(name)?.database.close();
    this.#open.delete(name);
  }
}
