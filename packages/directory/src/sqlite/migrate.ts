import type { DatabaseSync } from 'node:sqlite';
import { whileBusy } from '@vratny/files';
import { OPENING } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

const NEWEST = MIGRATIONS.length;

/**
 * Brings the schema up to date, one migration per transaction. Two processes may do so at once: the lock is taken before the
 * version is read, so the second one finds the work done.
 */
export async function migrate(db: DatabaseSync, now: () => Date): Promise<void> {
  for (const migration of MIGRATIONS) await whileBusy(() => applyOne(db, migration, now), OPENING);
}

function applyOne(db: DatabaseSync, migration: Migration, now: () => Date): void {
  if (readVersion(db) >= migration.number) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    if (readVersion(db) < migration.number) {
      db.exec(
        'CREATE TABLE IF NOT EXISTS directory_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
      );
      db.exec(migration.sql);
      const note = db.prepare('INSERT INTO directory_migrations (number, name, applied_at) VALUES (?, ?, ?)');
      note.run(migration.number, migration.name, now().getTime());
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Makes sure that the schema is the one this program knows. @throws DirectoryFault */
export function checkVersion(db: DatabaseSync): void {
  const version = readVersion(db);
  if (version < NEWEST)
    throw new DirectoryFault(`its schema is version ${version}, this program needs ${NEWEST}; mxctl migrate brings it up to date`);
}

/** The number of the last migration, 0 for an empty database. @throws DirectoryFault when it is newer than this program, or not ours */
export function readVersion(db: DatabaseSync): number {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length === 0) return 0;
  if (!tables.some((table) => table['name'] === 'directory_migrations'))
    throw new DirectoryFault('this database belongs to something else');
  const version = db.prepare('SELECT max(number) AS version FROM directory_migrations').get()?.['version'];
  if (typeof version !== 'number') throw new DirectoryFault('its table of migrations is empty');
  if (version > NEWEST) throw new DirectoryFault(`its schema is version ${version}, this program knows ${NEWEST}; a newer program made it`);
  return version;
}
