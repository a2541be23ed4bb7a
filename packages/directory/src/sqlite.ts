import { Kysely } from 'kysely';
import { createRegister } from './create-register.ts';
import { findDestination } from './find-destination.ts';
import type { Directory } from './port.ts';
import type { Register } from './register.ts';
import { createDialect } from './sqlite/dialect.ts';
import { withFaults } from './sqlite/fault.ts';
import { prepareLookups } from './sqlite/lookups.ts';
import { closeOnFailure, openForReading, openForWriting } from './sqlite/open-database.ts';
import { createSqliteStore } from './sqlite/store.ts';
import type { Tables } from './sqlite/tables.ts';

/**
 * The look-ups, on a connection that cannot write. The file must exist and have this program's schema, so a process that needs both
 * opens the register first. @throws DirectoryFault
 */
export async function openSqliteDirectory(options: { readonly path: string }): Promise<Directory> {
  const { path } = options;
  return withFaults(path, async () => {
    const db = await openForReading(path);
    const rows = await closeOnFailure(db, async () => prepareLookups(db, new Kysely<Tables>({ dialect: createDialect(db) })));
    return {
      findDomain: (name) => withFaults(path, () => rows.findDomain(name)),
      findDestination: (address) => withFaults(path, () => findDestination(rows, address)),
      close: async () => {
        if (db.isOpen) db.close();
      },
    };
  });
}

/**
 * The register; makes the file (mode 0640, its folder must exist) and its schema when they are missing. Several processes may write:
 * each waits a moment for the other, then it is a fault. @throws DirectoryFault
 */
export async function openSqliteRegister(options: { readonly path: string; readonly now: () => Date }): Promise<Register> {
  const { path, now } = options;
  return withFaults(path, async () => {
    const db = await openForWriting(path, now);
    return closeOnFailure(db, async () => createRegister(createSqliteStore(path, db), now));
  });
}
