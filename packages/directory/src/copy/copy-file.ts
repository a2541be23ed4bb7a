import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { describeDatabaseError, followDatabase } from '@vratny/files';
import type { Known, Recalled } from '../fresh/known.ts';
import { BUSY_TIMEOUT_MS, PROVED_MS } from '../limits.ts';
import { DirectoryFault, type Domain } from '../port.ts';
import { type RowReading, readDomains, readEntries } from '../source/read-rows.ts';
import { overlayRows } from '../source/register.ts';
import type { SqlRow } from '../source/sql.ts';
import { createTogether } from '../sqlite/lookups-file.ts';
import { closeOnFailure } from '../sqlite/open-database.ts';
import type { Entry, Rows } from '../store.ts';
import { type Asked, compareAsked } from './asked.ts';
import type { BootClock } from './boot-clock.ts';
import { type Count, countOf, readCounts } from './counts.ts';

/** What a load came to. */
export interface CopyLoad {
  readonly at: Date;
  /** Of different names. */
  readonly domains: number;
  /** Rows. */
  readonly addresses: number;
  /** Whether the source had a version, by which it can be followed. */
  readonly isVersioned: boolean;
  /** When it was last known to be what the source is, for people; undefined where the source has no version. */
  readonly provedAt?: Date;
  /** How many domains copies had in the last days. */
  readonly counts: readonly Count[];
}

/** The last load of a copy; undefined when there is none, or the file is none. @throws DirectoryFault when that cannot be told: somebody changes it, or it may not be read */
export function readLoad(path: string): CopyLoad | undefined {
  try {
    return readLoadOnce(path);
  } catch (error) {
    throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
  }
}

/** The same. @throws as SQLite does */
export function readLoadOnce(path: string): CopyLoad | undefined {
  recoverCopy(path);
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    try {
      const row = db.prepare('SELECT * FROM load').get();
      return row === undefined ? undefined : toLoad(db, row);
    } finally {
      db.close();
    }
  } catch (error) {
    if (isNoCopy(path, error)) return undefined;
    throw error;
  }
}

/** Copies of earlier versions of this program lack columns, and what was counted. */
function toLoad(db: DatabaseSync, row: Readonly<Record<string, SQLOutputValue>>): CopyLoad {
  const [at, provedAt] = [new Date(Number(row['at'])), row['proved_at'] ?? undefined];
  const [domains, addresses] = [Number(row['domains']), Number(row['addresses'])];
  const isCounted = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'counts'").get() !== undefined;
  return {
    at,
    domains,
    addresses,
    isVersioned: typeof row['version'] === 'string',
    counts: isCounted ? readCounts(db) : [countOf(domains, at)],
    ...(provedAt === undefined ? {} : { provedAt: new Date(Number(provedAt)) }),
  };
}

// SQLITE_CORRUPT and SQLITE_NOTADB.
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** Whether there is no file, or one that no load made or that is damaged: only a load makes a copy of it. */
export function isNoCopy(path: string, error: unknown): boolean {
  if (!existsSync(path)) return true;
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return DAMAGED.has(error.errcode & 0xff) || error.message.includes('no such table');
}

/** Opens a copy to change it, and never makes one. @throws as SQLite does */
export function openToChange(path: string): DatabaseSync {
  const existing = pathToFileURL(path);
  existing.searchParams.set('mode', 'rw');
  return new DatabaseSync(existing, { timeout: BUSY_TIMEOUT_MS });
}

/** Undoes what somebody left half done who was killed while he changed the copy: until then nobody who may only read can read it. Never throws. */
export function recoverCopy(path: string): void {
  if (!existsSync(`${path}-journal`) || !existsSync(path)) return;
  try {
    const db = openToChange(path);
    try {
      db.prepare('SELECT at FROM load').get();
    } finally {
      db.close();
    }
  } catch {
    // Whoever reads it says what is wrong, and the next load replaces it.
  }
}

/** Whether a copy holds an overlay too, which is laid over its rows. */
export type CopiedRows = 'as they are' | 'with those of an overlay';

/** How a copy is read. */
interface CopyOptions extends RowReading {
  readonly rows: CopiedRows;
  /** What is asked now, which the copy has to be of. */
  readonly asked: Asked;
  readonly monotonicMs: () => number;
  readonly clock: BootClock;
}

/**
 * What a copy tells. Whoever is in it is there, however old it is, and nobody else while its version was proved lately; a file that is moved over it is read
 * instead. While there is none, or one of another database, nobody is known.
 */
export function openCopy(path: string, { monotonicMs, clock, asked, rows, ...reading }: CopyOptions): Known & { close(): Promise<void> } {
  const file = followDatabase({ path, monotonicMs, open: async () => openFile(path, rows, reading), close: (copy) => copy.close() });
  const readNow = async <T>(work: (rows: Rows) => Promise<T>): Promise<Recalled<T>> => {
    let certain = true;
    const note = <R>(found: R | undefined): R | undefined => {
      if (found === undefined) certain = false;
      return found;
    };
    let isFresh = (): boolean => false;
    const found = await file.use((copy) =>
      copy.together(() => {
        // Before the rows, which are no older than the proof then.
        const load = copy.load.get();
        const is = compareLoad(load, asked);
        if (is !== 'same') certain = false;
        else if (load?.['proved_clock'] === clock.id) isFresh = within(Number(load['proved_ms']), clock);
        const rows: Rows =
          is === 'other'
            ? NOBODY
            : {
                ...copy.rows,
                findDomain: (name) => note(copy.rows.findDomain(name)),
                findEntry: (address) => note(copy.rows.findEntry(address)),
              };
        return work(copy.overlay === undefined ? rows : overlayRows(rows, copy.overlay));
      }),
    );
    return { found, certain, isFresh };
  };
  return {
    knowsDomains: true,
    read: async (work) => {
      try {
        return await readNow(work).catch((error: unknown) => {
          if (!isHalfChanged(error)) throw error;
          recoverCopy(path);
          return readNow(work);
        });
      } catch (error) {
        if (error instanceof DirectoryFault) throw error;
        throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
      }
    },
    learnFrom: (source) => source,
    close: () => file.close(),
  };
}

/** A copy of an earlier version of this program does not say of which database it is: that of the site file was not changed by an upgrade. */
function compareLoad(load: Readonly<Record<string, SQLOutputValue>> | undefined, asked: Asked): ReturnType<typeof compareAsked> {
  return load !== undefined && !('asked' in load) ? 'changed' : compareAsked(load?.['asked'], asked);
}

function within(provedMs: number, clock: BootClock): () => boolean {
  return () => {
    const sinceMs = clock.ms() - provedMs;
    return sinceMs >= 0 && sinceMs <= PROVED_MS;
  };
}

/** A copy of another database knows nobody of this one. */
const NOBODY: Rows = { findDomain: () => undefined, findEntry: () => undefined, hasDomains: () => false, listStores: async () => [] };

// SQLITE_READONLY_ROLLBACK: somebody was killed while he changed it.
function isHalfChanged(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 776;
}

function openFile(path: string, rows: CopiedRows, reading: RowReading) {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  return closeOnFailure(db, async () => ({
    close: () => db.close(),
    together: createTogether(db),
    load: db.prepare('SELECT * FROM load'),
    rows: prepareRows(db, '', reading),
    ...(rows === 'as they are' ? {} : { overlay: prepareRows(db, 'overlay_', {}) }),
  }));
}

interface PreparedRows extends Rows {
  findDomain(name: string): Domain | undefined;
  findEntry(address: string): Entry | undefined;
}

function prepareRows(db: DatabaseSync, prefix: '' | 'overlay_', reading: RowReading): PreparedRows {
  const domains = db.prepare(`SELECT value FROM ${prefix}domains WHERE name = ?`);
  const addresses = db.prepare(`SELECT value FROM ${prefix}addresses WHERE address = ?`);
  const any = db.prepare(`SELECT 1 FROM ${prefix}domains LIMIT 1`);
  return {
    findDomain: (name) => readDomains(domains.all(name).map(toRow)).get(name),
    findEntry: (address) => readEntries(addresses.all(address).map(toRow), reading).get(address),
    hasDomains: () => any.get() !== undefined,
    listStores: async () => [],
  };
}

function toRow({ value }: SqlRow): SqlRow {
  const row: unknown = JSON.parse(String(value));
  return typeof row === 'object' && row !== null ? { ...row } : {};
}
