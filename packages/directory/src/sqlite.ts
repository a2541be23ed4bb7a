import { followDatabase } from '@vratny/files';
import { createDirectory, type LookupSettings } from './create-directory.ts';
import { createRegister } from './create-register.ts';
import { type Directory, DirectoryFault, type MailboxesAt } from './port.ts';
import type { Register } from './register.ts';
import { acceptDomains, removeOldAcceptance } from './shrinking.ts';
import { countDomains, followLookups } from './sqlite/lookups-file.ts';
import { closeOnFailure, openForReading, openForWriting, withFaults } from './sqlite/open-database.ts';
import { createSqliteStore } from './sqlite/store.ts';
import type { Store } from './store.ts';

/** Where a directory is. */
export interface SqliteOptions {
  readonly path: string;
  /**
   * What becomes of a path at which there is no directory, or an empty one. `make`: a new one (mode 0640, its folder must exist). `reject`: opening rejects.
   * `wait`: it opens, and every operation is a fault until a directory is there.
   */
  readonly whenMissing?: 'make' | 'reject' | 'wait';
  /** Whether a directory of an older program is brought up to date when it is opened for writing; what `make` does, and else a fault, unless given. */
  readonly migrates?: boolean;
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
}

/**
 * The look-ups, on a connection that cannot write; by default a directory that is missing is rejected. A file that was replaced is opened again: within a
 * second, and always before "unknown" or "elsewhere" is said. @throws DirectoryFault
 */
export async function openSqliteDirectory(options: SqliteOptions & LookupSettings): Promise<Directory> {
  const { path, whenMissing = 'reject', extensionSigns, onTrouble, store, forwarding, monotonicMs = () => performance.now() } = options;
  const file = followLookups(path, monotonicMs);
  await openFirst({ open: () => file.read(async () => undefined), close: () => file.close() }, whenMissing);
  return createDirectory({ ...file, extensionSigns, onTrouble, store, forwarding });
}

/**
 * The register; by default a directory that is missing is made, with its schema. Several processes may write: each waits a moment for the other, then it
 * is a fault. Every change goes into the file that stands at the path by then. @throws DirectoryFault
 */
export async function openSqliteRegister(
  options: SqliteOptions & { readonly now: () => Date; readonly mailboxes?: MailboxesAt; readonly forwards?: boolean },
): Promise<Register> {
  return createRegister(await openStore(options), options.now, options);
}

/** The rows of a directory file, to be read and changed; see {@link openSqliteRegister}. */
export async function openStore(options: SqliteOptions & { readonly now: () => Date }): Promise<Store> {
  const { path, now, whenMissing = 'make', migrates = whenMissing === 'make', monotonicMs = () => performance.now() } = options;
  const file = followDatabase({
    path,
    monotonicMs,
    open: async () => {
      const db = await openForWriting(path, { now, migrates, whenMissing: whenMissing === 'make' ? 'make' : 'reject' });
      return closeOnFailure(db, async () => {
        removeOldAcceptance(path, now());
        return createSqliteStore(db);
      });
    },
    close: (store) => store.close(),
  });
  await openFirst({ open: () => withFaults(path, async () => file.use(() => undefined)), close: () => file.close() }, whenMissing);
  return {
    read: (work) => withFaults(path, async () => file.use((one) => one.read(work))),
    change: (work) => withFaults(path, async () => file.use((one) => one.change(work), 'fresh')),
    close: () => file.close(),
  };
}

/** Believes a directory file that has lost many domains. @returns how many it has. @throws DirectoryFault */
export async function acceptSqliteDirectory(path: string): Promise<number> {
  return withFaults(path, async () => {
    const { db } = await openForReading(path);
    try {
      const domains = countDomains(db);
      acceptDomains(path, domains);
      return domains;
    } finally {
      db.close();
    }
  });
}

async function openFirst(
  file: { readonly open: () => Promise<unknown>; readonly close: () => Promise<void> },
  whenMissing: SqliteOptions['whenMissing'],
): Promise<void> {
  try {
    await file.open();
  } catch (error) {
    if (whenMissing === 'wait' && error instanceof DirectoryFault && error.missing) return;
    await file.close();
    throw error;
  }
}
