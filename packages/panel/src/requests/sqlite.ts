import { DatabaseSync } from 'node:sqlite';
import { createDatabaseFile, isBusy } from '@vratny/files';
import { RECIPIENT_MAX, RECIPIENT_MS, SENDER_MAX, SENDER_MS } from '../limits.ts';
import type { Noted, Requests } from './port.ts';

/** How long one process waits for another. */
const BUSY_MS = 5_000;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS let_in_request (
    receipt TEXT NOT NULL, recipient_domain TEXT NOT NULL, at INTEGER NOT NULL, sender_domain TEXT NOT NULL,
    PRIMARY KEY (receipt, recipient_domain)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS let_in_request_sender ON let_in_request (sender_domain, at);
  CREATE INDEX IF NOT EXISTS let_in_request_recipient ON let_in_request (recipient_domain, at);
  CREATE INDEX IF NOT EXISTS let_in_request_at ON let_in_request (at);
`;

/** A table of the first version, which knew one recipient's domain of each request. */
const MOVE_OLD = `
  INSERT OR IGNORE INTO let_in_request (receipt, recipient_domain, at, sender_domain) SELECT receipt, recipient_domain, at, sender_domain FROM request;
  DROP TABLE request;
`;

/** Whether the file could not be opened because another process holds it: the same may work later. */
export const isLocked = isBusy;

/** Requests in a SQLite file, which is made where there is none. Rejects when it cannot be opened. */
export async function openSqliteRequests(path: string): Promise<Requests> {
  if (path !== ':memory:') await createDatabaseFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  database.exec(SCHEMA);
  moveOld(database);
  const has = (receipt: string) => database.prepare('SELECT 1 FROM let_in_request WHERE receipt = ?').get(receipt) !== undefined;
  const countSince = (column: 'sender_domain' | 'recipient_domain', value: string, since: number) =>
    Number(
      database.prepare(`SELECT count(DISTINCT receipt) AS n FROM let_in_request WHERE ${column} = ? AND at > ?`).get(value, since)?.['n'],
    );
  return {
    async add({ receipt, at, senderDomain, recipientDomains }): Promise<Noted> {
      return inTransaction(database, () => {
        const now = at.getTime();
        const open =
          countSince('sender_domain', senderDomain, now - SENDER_MS) >= SENDER_MAX
            ? []
            : recipientDomains.filter((domain) => countSince('recipient_domain', domain, now - RECIPIENT_MS) < RECIPIENT_MAX);
        const noted = has(receipt) ? 'again' : open.length === 0 ? 'full' : 'noted';
        const insert = database.prepare('INSERT INTO let_in_request (receipt, recipient_domain, at, sender_domain) VALUES (?, ?, ?, ?)');
        if (noted === 'noted') for (const domain of open) insert.run(receipt, domain, now, senderDomain);
        return noted;
      });
    },
    has: async (receipt) => has(receipt),
    async expire(before) {
      database.prepare('DELETE FROM let_in_request WHERE at < ?').run(before.getTime());
    },
    async close() {
      database.close();
    },
  };
}

function moveOld(database: DatabaseSync): void {
  const old = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'request'");
  // First without the lock, for which a start would wait each time; then again, since another process may have been first.
  if (old.get() === undefined) return;
  inTransaction(database, () => {
    if (old.get() !== undefined) database.exec(MOVE_OLD);
  });
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
