import { type FollowedDatabase, followDatabase } from '@vratny/files';
import { Kysely } from 'kysely';
import { createDirectory, type LookupSettings } from './create-directory.ts';
import { createRegister } from './create-register.ts';
import { type Directory, DirectoryFault, type MailboxesAt } from './port.ts';
import type { Register } from './register.ts';
import { createDialect } from './sqlite/dialect.ts';
import { withFaults } from './sqlite/fault.ts';
import { prepareLookups } from './sqlite/lookups.ts';
import { closeOnFailure, openForReading, openForWriting } from './sqlite/open-database.ts';
import { createSqliteStore } from './sqlite/store.ts';
import type { Tables } from './sqlite/tables.ts';
import type { Store } from './store.ts';

/** Where a directory is. */
export interface SqliteOptions {
  readonly path: string;
  /**
   * What becomes of a path at which there is no directory, or an empty one. `make`: a new one (mode 0640, its folder must exist). `reject`: opening rejects.
   * `wait`: it opens, and every operation is a fault until a directory is there.
   */
  readonly whenMissing?: 'make' | 'reject' | 'wait';
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
}

/**
 * The look-ups, on a connection that cannot write; by default a directory that is missing is rejected. A file that was replaced is opened again: within a
 * second, and always before "unknown" or "elsewhere" is said. @throws DirectoryFault
 */
export async function openSqliteDirectory(options: SqliteOptions & LookupSettings): Promise<Directory> {
  const { path, whenMissing = 'reject', extensionSigns, onTrouble, store, monotonicMs = () => performance.now() } = options;
  const file = followDatabase({
    path,
    monotonicMs,
    open: async () => {
      const db = await openForReading(path);
      return closeOnFailure(db, async () => ({ db, rows: prepareLookups(db, new Kysely<Tables>({ dialect: createDialect(db) })) }));
    },
    close: ({ db }) => db.close(),
  });
  await withFaults(path, () => openFirst(file, whenMissing));
  return createDirectory({
    read: (work, fresh) => withFaults(path, () => file.use(({ rows }) => work(rows), fresh)),
    isReplaced: () => file.isReplaced(),
    extensionSigns,
    onTrouble,
    store,
    close: () => file.close(),
  });
}

/**
 * The register; by default a directory that is missing is made, with its schema. Several processes may write: each waits a moment for the other, then it
 * is a fault. Every change goes into the file that stands at the path by then. @throws DirectoryFault
 */
export async function openSqliteRegister(
  options: SqliteOptions & { readonly now: () => Date; readonly mailboxes?: MailboxesAt },
): Promise<Register> {
  const { path, now, whenMissing = 'make', monotonicMs = () => performance.now() } = options;
  const file = followDatabase({
    path,
    monotonicMs,
    open: async () => {
      const db = await openForWriting(path, now, whenMissing === 'make' ? 'make' : 'reject');
      return closeOnFailure(db, async () => createSqliteStore(db));
    },
    close: (store) => store.close(),
  });
  await withFaults(path, () => openFirst(file, whenMissing));
  const store: Store = {
    read: (work) => withFaults(path, () => file.use((one) => one.read(work))),
    change: (work) => withFaults(path, () => file.use((one) => one.change(work), 'fresh')),
    close: () => file.close(),
  };
  return createRegister(store, now, options.mailboxes);
}

async function openFirst<T>(file: FollowedDatabase<T>, whenMissing: SqliteOptions['whenMissing']): Promise<void> {
  try {
    await file.use(() => undefined);
  } catch (error) {
    if (whenMissing === 'wait' && error instanceof DirectoryFault && error.missing) return;
    await file.close();
    throw error;
  }
}
