import { parseAddress } from '@vratny/smtp';
import { type Asked, describeAsked } from './copy/asked.ts';
import { type BootClock, createBootClock } from './copy/boot-clock.ts';
import { type CopiedRows, openCopy } from './copy/copy-file.ts';
import { readDoubt } from './copy/load-copy.ts';
import type { LookupSettings } from './create-directory.ts';
import { splitAddress } from './find-destination.ts';
import { createBudget, createFreshDirectory } from './fresh/fresh-directory.ts';
import { createMemoryKnown, type Known } from './fresh/known.ts';
import { QUESTIONS_PER_SECOND } from './limits.ts';
import type { Directory, MailboxesAt } from './port.ts';
import type { Register } from './register.ts';
import type { ServerAddress } from './source/address.ts';
import { type AskedDatabase, createAskedDatabase, type StatementTexts } from './source/asked-database.ts';
import { findPreset, PRESETS, type PresetName } from './source/presets.ts';
import { type RowReading, readDomains, readEntries } from './source/read-rows.ts';
import { createAdoptedRegister, overlayOfRows, overlayRows, overlaySource } from './source/register.ts';
import { createServers, openLater, type Sql } from './source/sql.ts';
import { openSqliteSource } from './source/sqlite.ts';
import { followLookups, type LookupsFile } from './sqlite/lookups-file.ts';
import { openStore, type SqliteOptions } from './sqlite.ts';
import type { Store } from './store.ts';
import { OUR_TEXTS } from './tables/texts.ts';

export { createBootClock } from './copy/boot-clock.ts';
export { type CopyLoad, readLoad } from './copy/copy-file.ts';
export { followChanges } from './copy/follow-changes.ts';
export { keepCopy } from './copy/keep-copy.ts';
export { loadCopy, readDoubt } from './copy/load-copy.ts';
export type { ServerAddress } from './source/address.ts';
export type { AskedDatabase, StatementPlan, StatementTexts } from './source/asked-database.ts';
export { findPreset, PRESETS, type PresetName };

/** A database of somebody else's. */
export type AdoptedDatabase =
  | { readonly kind: 'mysql' | 'postgres'; readonly servers: readonly ServerAddress[] }
  | { readonly kind: 'sqlite'; readonly path: string };

/** A directory of ours with what a database of somebody else's lacks. */
export type OverlayAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly servers: readonly ServerAddress[] };

/** A database, what it is asked, and what is kept beside it. */
export interface AdoptedOptions {
  readonly database: AdoptedDatabase;
  readonly texts: StatementTexts;
  /** Letters and settings that the database lacks. */
  readonly overlay?: OverlayAddress | undefined;
  /** Path of a local copy that somebody keeps ({@link keepCopy}): who is in it is known, whatever becomes of the database. */
  readonly copy?: string | undefined;
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
  /** What the proof of a copy is compared with; that of the system unless given. */
  readonly clock?: BootClock;
}

/** The database itself, with an overlay that lies in one too, for checks and for a copy. Connects when it is asked. @throws DirectoryFault when a statement is none */
export function openAdoptedDatabase({ database, texts, overlay, monotonicMs = () => performance.now() }: AdoptedOptions): AskedDatabase {
  const description = { asked: describeOptions({ database, texts, overlay }) };
  const asked = createAskedDatabase(openSql(database, monotonicMs), texts, description);
  if (overlay?.kind !== 'postgres') return asked;
  const ours = createAskedDatabase(openSql(overlay, monotonicMs), OUR_TEXTS, description);
  return {
    ...asked,
    overlay: ours,
    close: async () => {
      await Promise.all([asked.close(), ours.close()]);
    },
  };
}

/** An overlay in a file lies beside a copy and is in none. */
function describeOptions({ database, texts, overlay }: Pick<AdoptedOptions, 'database' | 'texts' | 'overlay'>): Asked {
  const parts = [describePart(database, texts), ...(overlay?.kind === 'postgres' ? [describePart(overlay, OUR_TEXTS)] : [])];
  return describeAsked(...parts);
}

function describePart(database: AdoptedDatabase, { domain, address, domains, addresses, version, changes }: StatementTexts) {
  const statements = [domain, address, domains, addresses, version, changes];
  if (database.kind === 'sqlite') return { kind: database.kind, database: database.path, servers: [], user: '', statements };
  const [first] = database.servers;
  const servers = database.servers.map(({ socket, host, port }) => socket ?? `${host}:${port}`);
  return { kind: database.kind, database: first?.database ?? '', servers, user: first?.user ?? '', statements };
}

/** The look-ups; `processes` of a host share its questions. Connects when it is asked. @throws DirectoryFault when a statement is none */
export function openAdoptedDirectory(options: AdoptedOptions & LookupSettings & { readonly processes?: number }): Directory {
  const { overlay, monotonicMs = () => performance.now(), extensionSigns, onTrouble, store, forwarding, processes = 1 } = options;
  const database = openAdoptedDatabase(options);
  const file = overlay?.kind === 'sqlite' ? followLookups(overlay.path, monotonicMs) : undefined;
  const ours = file === undefined ? database.overlay : overlayOfRows((work) => file.read(work));
  const source = ours === undefined ? database : overlaySource(database, ours);
  const close = async (): Promise<void> => {
    await Promise.all([database.close(), file?.close(), copied?.close()]);
  };
  const rows: CopiedRows = overlay?.kind === 'postgres' ? 'with those of an overlay' : 'as they are';
  const copied =
    options.copy === undefined
      ? undefined
      : openCopy(options.copy, { ...options.texts, rows, asked: database.asked, monotonicMs, clock: options.clock ?? createBootClock() });
  const known = withOverlay(copied ?? createMemoryKnown(monotonicMs), copied && file);
  const budget = createBudget(Math.max(1, QUESTIONS_PER_SECOND / processes), monotonicMs);
  const doubt = () => (options.copy === undefined ? undefined : readDoubt(options.copy));
  return createFreshDirectory({ source, known, budget, doubt, monotonicMs, extensionSigns, onTrouble, store, forwarding, close });
}

/** The register of what the database lacks; by default an overlay that is missing is made. @throws DirectoryFault */
export async function openAdoptedRegister(
  options: AdoptedOptions & Omit<SqliteOptions, 'path'> & { readonly now: () => Date; readonly mailboxes: MailboxesAt },
): Promise<Register> {
  const { overlay, database: _database, texts: _texts, ...rest } = options;
  const ours = overlay === undefined ? {} : { overlay: await openOverlay(overlay, rest) };
  const source = openAdoptedDatabase(options);
  const { now, mailboxes } = options;
  return createAdoptedRegister({ source, ...ours, now, mailboxes, ...source.listings, close: () => source.close() });
}

async function openOverlay(overlay: OverlayAddress, options: Omit<SqliteOptions, 'path'> & { readonly now: () => Date }): Promise<Store> {
  if (overlay.kind === 'sqlite') return openStore({ ...options, path: overlay.path });
  const { now, whenMissing = 'make', migrates = whenMissing === 'make' } = options;
  const { openPostgresStore } = await import('./postgres/store.ts');
  return openPostgresStore({ servers: overlay.servers, now, whenMissing, migrates });
}

/** What a process remembers has been overlaid; what a copy holds is as the database has it, with an overlay in PostgreSQL beside it, never with a file. */
function withOverlay(known: Known, ours: LookupsFile | undefined): Known {
  if (ours === undefined) return known;
  return {
    ...known,
    read: (work) => known.read((rows) => Promise.resolve(ours.read(async (one) => work(overlayRows(rows, one))))),
  };
}

// A site has one kind of database, or two with an overlay: the driver of another kind is never loaded.
const loadMysql = () => import('./source/mysql.ts');
const loadPostgres = () => import('./source/postgres.ts');

/** Loads what databases of these kinds are asked with, which the first question would else do. */
export async function loadDrivers({ database, overlay }: Pick<AdoptedOptions, 'database' | 'overlay'>): Promise<void> {
  const kinds = [database.kind, overlay?.kind];
  if (kinds.includes('mysql')) await loadMysql();
  if (kinds.includes('postgres')) await loadPostgres();
}

function openSql(database: AdoptedDatabase, monotonicMs: () => number): Sql {
  switch (database.kind) {
    case 'mysql':
      return createServers(
        database.servers.map((server) => openLater(server.name, 'question-mark', async () => (await loadMysql()).openMysql(server))),
        monotonicMs,
      );
    case 'postgres':
      return createServers(
        database.servers.map((server) => openLater(server.name, 'dollar', async () => (await loadPostgres()).openPostgres(server))),
        monotonicMs,
      );
    case 'sqlite':
      return openSqliteSource(database.path, monotonicMs);
  }
}

/** An alias that leads to an address which is not ours. */
interface OutsideTarget {
  readonly alias: string;
  readonly target: string;
}

/** The aliases of a database that lead outside, at most so many; `forwards` leaves out what is an address. Reads the whole database. Rejects with `DirectoryFault`. */
export async function findOutsideTargets(
  database: AskedDatabase,
  { forwards, ...reading }: RowReading & { readonly forwards: boolean },
  max: number,
): Promise<readonly OutsideTarget[]> {
  return database.snapshot(async (state) => {
    const ours = new Set<string>();
    for await (const rows of state.domainRows()) for (const name of readDomains(rows).keys()) ours.add(name);
    const found: OutsideTarget[] = [];
    for await (const rows of state.addressRows()) {
      for (const [alias, entry] of readEntries(rows, reading)) {
        if (entry.kind !== 'alias' || !ours.has(splitAddress(alias).domain)) continue;
        for (const target of entry.targets)
          if (!ours.has(splitAddress(target).domain) && !(forwards && isAddress(target))) found.push({ alias, target });
      }
      if (found.length >= max) break;
    }
    return found.slice(0, max);
  });
}

function isAddress(target: string): boolean {
  return typeof parseAddress(target, { utf8: true }) !== 'string';
}
