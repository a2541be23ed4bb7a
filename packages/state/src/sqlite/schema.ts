import type { DatabaseSync } from 'node:sqlite';
import { StateFault } from '../port.ts';

/** Marks our files (`PRAGMA application_id`): 'Vrty' in ASCII. */
const APPLICATION_ID = 0x56727479;
const VERSION = 1;

/** Times are milliseconds since 1970. A row holds up to and including `ends_at`. */
const SCHEMA = `
CREATE TABLE greylist (key TEXT PRIMARY KEY, opens_at INTEGER NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX greylist_ends ON greylist (ends_at);
CREATE TABLE counters (key TEXT PRIMARY KEY, hits INTEGER NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX counters_ends ON counters (ends_at);
CREATE TABLE ledger (key TEXT, mailbox TEXT, ends_at INTEGER NOT NULL, PRIMARY KEY (key, mailbox)) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_ends ON ledger (ends_at);
CREATE TABLE leases (key TEXT PRIMARY KEY, owner TEXT NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX leases_ends ON leases (ends_at);
CREATE TABLE nodes (key TEXT PRIMARY KEY, info TEXT NOT NULL, seen_at INTEGER NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};
`;

/** Tables whose rows end. */
export const ENDING_TABLES: readonly string[] = ['greylist', 'counters', 'ledger', 'leases', 'nodes'];

/** Makes the tables in an empty file; a file that is something else, or was made by a newer program, is a fault. */
export function ensureSchema(db: DatabaseSync): void {
  if (isOurs(db)) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been quicker.
    if (!isOurs(db)) db.exec(SCHEMA);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function isOurs(db: DatabaseSync): boolean {
  const id = readPragma(db, 'application_id');
  const version = readPragma(db, 'user_version');
  if (id === APPLICATION_ID && version === VERSION) return true;
  if (id === APPLICATION_ID) throw new StateFault(`a newer program made it (schema ${version}, this program knows ${VERSION})`);
  if (id !== 0 || db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined) {
    throw new StateFault('the file is a database of something else');
  }
  return false;
}

function readPragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
