import { runSteps } from '@vratny/waiting';
import { type AskedStore, askStore } from './ask-store.ts';
import type { LookupSettings } from './create-directory.ts';
import { findDestination, findOurDomain } from './find-destination.ts';
import { listAll } from './list-all.ts';
import { type Directory, DirectoryFault, type MailboxesAt } from './port.ts';
import type { Register } from './register.ts';
import type { ServerAddress } from './source/address.ts';
import { type AskedDatabase, createAskedDatabase, type StatementTexts } from './source/asked-database.ts';
import { gatherRows, type Source } from './source/gather.ts';
import { openMysql } from './source/mysql.ts';
import { overlaySource } from './source/overlay.ts';
import { openPostgres } from './source/postgres.ts';
import { findPreset, PRESETS, type PresetName } from './source/presets.ts';
import { createAdoptedRegister } from './source/register.ts';
import { createServers, type Sql } from './source/sql.ts';
import { openSqliteSource } from './source/sqlite.ts';
import { followLookups } from './sqlite/lookups-file.ts';
import { openStore, type SqliteOptions } from './sqlite.ts';
import type { Rows } from './store.ts';

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
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
}

/** The database itself, for a check of its statements. Connects when it is asked. @throws DirectoryFault when a statement is none */
export function openAdoptedDatabase({ database, texts, monotonicMs = () => performance.now() }: AdoptedOptions): AskedDatabase {
  return createAskedDatabase(openSql(database, monotonicMs), texts);
}

/** The look-ups. Connects when it is asked. @throws DirectoryFault when a statement is none */
export function openAdoptedDirectory(options: AdoptedOptions & LookupSettings): Directory {
  const { overlay, monotonicMs = () => performance.now(), extensionSigns, onTrouble, store } = options;
  const database = openAdoptedDatabase(options);
  const ours = overlay === undefined ? undefined : followLookups(overlay, monotonicMs);
  const source = ours === undefined ? database : overlaySource(database, (work) => ours.read(work));
  const close = async (): Promise<void> => {
    await Promise.all([database.close(), ours?.close()]);
  };
  return createSourceDirectory(source, { extensionSigns, onTrouble, store, close });
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

/** The look-ups in a source, each as few questions. */
export function createSourceDirectory(source: Source, settings: LookupSettings & { readonly close: () => Promise<void> }): Directory {
  const { extensionSigns = '', onTrouble = () => undefined, store, close } = settings;
  const signs = `+${extensionSigns}`;
  let open = true;
  const whileOpen = (): void => {
    if (!open) throw new DirectoryFault('the directory is closed');
  };
  return {
    findDomain: async (name) => {
      whileOpen();
      return gatherRows(source, async (rows) => runSteps(findOurDomain(rows, name)));
    },
    findDestination: async (address) => {
      whileOpen();
      const told: string[] = [];
      const work = async (rows: Rows) => {
        told.length = 0;
        return runSteps(
          findDestination(withStore(rows, store), address, { extensionSigns: signs, onTrouble: (detail) => told.push(detail) }),
        );
      };
      const found = await gatherRows(source, work, { address, signs });
      for (const detail of told) onTrouble(detail);
      return found;
    },
    listStores: async () => {
      whileOpen();
      return listAll((limit) => source.listStores(limit));
    },
    close: async () => {
      if (!open) return;
      open = false;
      await close();
    },
  };
}

function withStore(rows: Rows, store: AskedStore | undefined): Rows {
  return store === undefined ? rows : askStore(rows, store);
}
