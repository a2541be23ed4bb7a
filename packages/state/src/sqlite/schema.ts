import { DatabaseSync } from 'node:sqlite';
import { createDatabaseFile, whileBusy } from '@vratny/files';
import { BUSY_TIMEOUT_MS, LEASE_REMEMBERED_MS, OPENING, PURGE_EVERY_MS, PURGE_ROWS_MAX } from '../limits.ts';
import { StateFault } from '../port.ts';

/** Marks our files (`PRAGMA application_id`): 'Vrty' in ASCII. */
const APPLICATION_ID = 0x56727479;
const VERSION = 3;

/**
 * Held up to and including `held_until`, if there is an owner (else it is an empty text); remembered up to `ends_at`.
 * `since` is empty when nothing is unfinished.
 */
const LEASES = `
CREATE TABLE leases (
  key TEXT PRIMARY KEY, owner TEXT NOT NULL, held_until INTEGER NOT NULL, since TEXT NOT NULL, ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_ends ON leases (ends_at);
`;

/** `network` is the part of the key after its last space. */
const NETWORKS = 'CREATE INDEX greylist_networks ON greylist (network, ends_at);';

/** Times are milliseconds since 1970. A row holds up to and including `ends_at`. */
const SCHEMA = `
CREATE TABLE greylist (
  key TEXT PRIMARY KEY, opens_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, network TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
${NETWORKS}
CREATE INDEX greylist_ends ON greylist (ends_at);
CREATE TABLE counters (key TEXT PRIMARY KEY, hits INTEGER NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX counters_ends ON counters (ends_at);
CREATE TABLE ledger (key TEXT, mailbox TEXT, ends_at INTEGER NOT NULL, PRIMARY KEY (key, mailbox)) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_ends ON ledger (ends_at);
CREATE TABLE nodes (key TEXT PRIMARY KEY, info TEXT NOT NULL, seen_at INTEGER NOT NULL, ends_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
${LEASES}
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};
`;

/** From the schema before leases were remembered: what was held then is held on. */
const FROM_1 = `
DROP INDEX leases_ends;
ALTER TABLE leases RENAME TO leases_1;
${LEASES}
INSERT INTO leases (key, owner, held_until, since, ends_at) SELECT key, owner, ends_at, '', ends_at + ${LEASE_REMEMBERED_MS} FROM leases_1;
DROP TABLE leases_1;
PRAGMA user_version = 2;
`;

/** From the schema before networks were bounded. */
const FROM_2 = `
ALTER TABLE greylist ADD COLUMN network TEXT NOT NULL DEFAULT '';
UPDATE greylist SET network = substr(key, length(rtrim(key, replace(key, ' ', ''))) + 1);
${NETWORKS}
PRAGMA user_version = ${VERSION};
`;

/**
 * Makes the tables in an empty file, and brings an older file up to date; what is something else, or was made by a
 * newer program, is a fault.
 */
function ensureSchema(db: DatabaseSync): void {
  if (findStatements(db) === undefined) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been quicker.
    const statements = findStatements(db);
    if (statements !== undefined) db.exec(statements);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** What makes the schema of this file ours; undefined when it is. */
function findStatements(db: DatabaseSync): string | undefined {
  const id = readPragma(db, 'application_id');
  const version = readPragma(db, 'user_version');
  if (id === APPLICATION_ID) {
    if (version === VERSION) return undefined;
    if (version === 1) return FROM_1 + FROM_2;
    if (version === 2) return FROM_2;
    throw new StateFault(`a newer program made it (schema ${version}, this program knows ${VERSION})`);
  }
  if (id !== 0 || db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined) {
    throw new StateFault('the file is a database of something else');
  }
  return SCHEMA;
}

function readPragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** A file that is open, with our tables in it. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  /**
   * Removes ended rows from time to time. Called before every write, outside of transactions. Never throws: ended rows
   * are ignored anyway.
   */
  readonly purge: (now: number) => void;
}

/** Opens the file and makes it when it is missing; several processes may do so at once. */
export async function openDatabase(path: string): Promise<OpenDatabase> {
  await createDatabaseFile(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Losing the last moments with the machine costs a greylisted sender one more attempt, so no flush for each change.
    await whileBusy(() => db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'), OPENING);
    await whileBusy(() => ensureSchema(db), OPENING);
    // From here on nothing waits for a lock in the event loop: GroupCommit tries again.
    db.exec('PRAGMA busy_timeout = 0');
    return { db, purge: preparePurge(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Tables whose rows end. */
const ENDING_TABLES: readonly string[] = ['greylist', 'counters', 'ledger', 'leases', 'nodes'];

/** Takes ended rows out now and then. */
function preparePurge(db: DatabaseSync): OpenDatabase['purge'] {
  const statements = ENDING_TABLES.map((table) => {
    const columns = table === 'ledger' ? 'key, mailbox' : 'key';
    const ended = `SELECT ${columns} FROM ${table} WHERE ends_at < ? LIMIT ${PURGE_ROWS_MAX}`;
    return db.prepare(`DELETE FROM ${table} WHERE (${columns}) IN (${ended})`);
  });
  let purgedAt = Number.NEGATIVE_INFINITY;
  return (now) => {
    if (Math.abs(now - purgedAt) < PURGE_EVERY_MS) return;
    purgedAt = now;
    try {
      for (const statement of statements) statement.run(now);
    } catch {
      // Somebody else writes: the next round will do.
    }
  };
}
