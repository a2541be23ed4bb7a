import { openCopy } from './copy/copy-file.ts';
import { readDoubt } from './copy/load-copy.ts';
import type { LookupSettings } from './create-directory.ts';
import { createBudget, createFreshDirectory } from './fresh/fresh-directory.ts';
import { createMemoryKnown, type Known } from './fresh/known.ts';
import { QUESTIONS_PER_SECOND } from './limits.ts';
import type { Directory, MailboxesAt } from './port.ts';
import type { Register } from './register.ts';
import { splitAddress } from './reserved.ts';
import type { ServerAddress } from './source/address.ts';
import { type AskedDatabase, createAskedDatabase, type StatementTexts } from './source/asked-database.ts';
import { openMysql } from './source/mysql.ts';
import { openPostgres } from './source/postgres.ts';
import { findPreset, PRESETS, type PresetName } from './source/presets.ts';
import { type RowReading, readDomains, readEntries } from './source/read-rows.ts';
import { createAdoptedRegister, overlayRows, overlaySource } from './source/register.ts';
import { createServers, type Sql } from './source/sql.ts';
import { openSqliteSource } from './source/sqlite.ts';
import { followLookups, type LookupsFile } from './sqlite/lookups-file.ts';
import { openStore, type SqliteOptions } from './sqlite.ts';

export { type CopyLoad, readLoad } from './copy/copy-file.ts';
export { keepCopy, loadCopy, readDoubt } from './copy/load-copy.ts';
export type { ServerAddress } from './source/address.ts';
export type { AskedDatabase, StatementPlan, StatementTexts } from './source/asked-database.ts';
export { findPreset, PRESETS, type PresetName };

/** A database of somebody else's. */
export type AdoptedDatabase =
  | { readonly kind: 'mysql' | 'postgres'; readonly servers: readonly ServerAddress[] }
  | { readonly kind: 'sqlite'; readonly path: string };

/** A database, what it is asked, and what is kept beside it. */
export interface AdoptedOptions {
  readonly database: AdoptedDatabase;
  readonly texts: StatementTexts;
  /** Path of a directory file of ours with letters and settings that the database lacks. */
  readonly overlay?: string | undefined;
  /** Path of a local copy that somebody keeps ({@link keepCopy}): who is in it is known, whatever becomes of the database. */
  readonly copy?: string | undefined;
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
}

/** The database itself, for a check of its statements. Connects when it is asked. @throws DirectoryFault when a statement is none */
export function openAdoptedDatabase({ database, texts, monotonicMs = () => performance.now() }: AdoptedOptions): AskedDatabase {
  return createAskedDatabase(openSql(database, monotonicMs), texts);
}

/** The look-ups; `processes` of a host share its questions. Connects when it is asked. @throws DirectoryFault when a statement is none */
export function openAdoptedDirectory(options: AdoptedOptions & LookupSettings & { readonly processes?: number }): Directory {
  const { overlay, monotonicMs = () => performance.now(), extensionSigns, onTrouble, store, processes = 1 } = options;
  const database = openAdoptedDatabase(options);
  const ours = overlay === undefined ? undefined : followLookups(overlay, monotonicMs);
  const source = ours === undefined ? database : overlaySource(database, (work) => ours.read(work));
  const close = async (): Promise<void> => {
    await Promise.all([database.close(), ours?.close(), copied?.close()]);
  };
  const copied = options.copy === undefined ? undefined : openCopy(options.copy, options.texts, monotonicMs);
  const known = withOverlay(copied ?? createMemoryKnown(monotonicMs), copied && ours);
  const budget = createBudget(Math.max(1, QUESTIONS_PER_SECOND / processes), monotonicMs);
  const doubt = () => (options.copy === undefined ? undefined : readDoubt(options.copy));
  return createFreshDirectory({ source, known, budget, doubt, monotonicMs, extensionSigns, onTrouble, store, close });
}

/** The register of what the database lacks; by default an overlay that is missing is made. @throws DirectoryFault */
export async function openAdoptedRegister(
  options: AdoptedOptions & Omit<SqliteOptions, 'path'> & { readonly now: () => Date; readonly mailboxes: MailboxesAt },
): Promise<Register> {
  const { overlay, database: _database, texts: _texts, ...rest } = options;
  const ours = overlay === undefined ? {} : { overlay: await openStore({ ...rest, path: overlay }) };
  const source = openAdoptedDatabase(options);
  const { now, mailboxes } = options;
  return createAdoptedRegister({ source, ...ours, now, mailboxes, ...source.listings, close: () => source.close() });
}

/** What a process remembers has been overlaid; what a copy holds is as the database has it. */
function withOverlay(known: Known, ours: LookupsFile | undefined): Known {
  if (ours === undefined) return known;
  return {
    ...known,
    read: (work) => known.read((rows) => Promise.resolve(ours.read(async (one) => work(overlayRows(rows, one))))),
  };
}

function openSql(database: AdoptedDatabase, monotonicMs: () => number): Sql {
  switch (database.kind) {
    case 'mysql':
      return createServers(database.servers.map(openMysql), monotonicMs);
    case 'postgres':
      return createServers(database.servers.map(openPostgres), monotonicMs);
    case 'sqlite':
      return openSqliteSource(database.path, monotonicMs);
  }
}

/** An alias that leads to an address which is not ours. */
interface OutsideTarget {
  readonly alias: string;
  readonly target: string;
}

/** The aliases of a database that lead outside, at most so many. Reads the whole database. Rejects with `DirectoryFault`. */
export async function findOutsideTargets(database: AskedDatabase, reading: RowReading, max: number): Promise<readonly OutsideTarget[]> {
  const ours = new Set<string>();
  for await (const rows of database.domainRows()) for (const name of readDomains(rows).keys()) ours.add(name);
  const found: OutsideTarget[] = [];
  for await (const rows of database.addressRows()) {
    for (const [alias, entry] of readEntries(rows, reading)) {
      if (entry.kind !== 'alias' || !ours.has(splitAddress(alias).domain)) continue;
      for (const target of entry.targets) if (!ours.has(splitAddress(target).domain)) found.push({ alias, target });
    }
    if (found.length >= max) break;
  }
  return found.slice(0, max);
}
