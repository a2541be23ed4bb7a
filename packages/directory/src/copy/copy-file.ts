import { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError, followDatabase } from '@vratny/files';
import type { Known } from '../fresh/known.ts';
import { BUSY_TIMEOUT_MS, PROVED_MS } from '../limits.ts';
import { DirectoryFault, type Domain } from '../port.ts';
import { type RowReading, readDomains, readEntries } from '../source/read-rows.ts';
import { overlayRows } from '../source/register.ts';
import type { SqlRow } from '../source/sql.ts';
import { createTogether } from '../sqlite/lookups-file.ts';
import type { Entry, Rows } from '../store.ts';

/** What a load came to. */
export interface CopyLoad {
  readonly at: Date;
  /** Of different names. */
  readonly domains: number;
  /** Rows. */
  readonly addresses: number;
  /** When it was last known to be what the source is; undefined where the source has no version. */
  readonly provedAt?: Date;
}

/** The last load of a copy; undefined when there is none that can be read. */
export function readLoad(path: string): CopyLoad | undefined {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    try {
      const row = db.prepare('SELECT at, domains, addresses, proved_at FROM load').get();
      if (row === undefined) return undefined;
      const provedAt = row['proved_at'] === null ? {} : { provedAt: new Date(Number(row['proved_at'])) };
      return { at: new Date(Number(row['at'])), domains: Number(row['domains']), addresses: Number(row['addresses']), ...provedAt };
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}

/** Whether a copy holds an overlay too, which is laid over its rows. */
export type CopiedRows = 'as they are' | 'with those of an overlay';

/** What a copy tells. Whoever is in it is there, however old it is, and nobody else while its version was proved lately; a file that is moved over it is read instead. While there is none, nobody is known. */
export function openCopy(
  path: string,
  reading: RowReading & { readonly rows: CopiedRows },
  { monotonicMs, now }: { readonly monotonicMs: () => number; readonly now: () => Date },
): Known & { close(): Promise<void> } {
  const file = followDatabase({
    path,
    monotonicMs,
    open: async () => {
      const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
      return {
        close: () => db.close(),
        together: createTogether(db),
        proof: db.prepare('SELECT proved_at FROM load'),
        rows: prepareRows(db, '', reading),
        ...(reading.rows === 'as they are' ? {} : { overlay: prepareRows(db, 'overlay_', {}) }),
      };
    },
    close: (copy) => copy.close(),
  });
  return {
    knowsDomains: true,
    read: async (work) => {
      let certain = true;
      const note = <T>(found: T | undefined): T | undefined => {
        if (found === undefined) certain = false;
        return found;
      };
      try {
        let fresh = false;
        const found = await file.use((copy) =>
          copy.together(() => {
            // Before the rows, which are no older than the proof then.
            const sinceMs = now().getTime() - Number(copy.proof.get()?.['proved_at'] ?? Number.NEGATIVE_INFINITY);
            fresh = sinceMs >= 0 && sinceMs <= PROVED_MS;
            const rows: Rows = {
              ...copy.rows,
              findDomain: (name) => note(copy.rows.findDomain(name)),
              findEntry: (address) => note(copy.rows.findEntry(address)),
            };
            return work(copy.overlay === undefined ? rows : overlayRows(rows, copy.overlay));
          }),
        );
        return { found, certain, fresh };
      } catch (error) {
        if (error instanceof DirectoryFault) throw error;
        throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
      }
    },
    learnFrom: (source) => source,
    close: () => file.close(),
  };
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
