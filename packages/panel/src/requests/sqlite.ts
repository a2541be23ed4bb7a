import { DatabaseSync } from 'node:sqlite';
import { createDatabaseFile } from '@vratny/files';
import { RECIPIENT_MAX, RECIPIENT_MS, SENDER_MAX, SENDER_MS } from '../limits.ts';
import type { Noted, Requests } from './port.ts';

/** How long one process waits for another. */
const BUSY_MS = 5_000;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS request (
    receipt TEXT PRIMARY KEY, at INTEGER NOT NULL, sender_domain TEXT NOT NULL, recipient_domain TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS request_sender ON request (sender_domain, at);
  CREATE INDEX IF NOT EXISTS request_recipient ON request (recipient_domain, at);
  CREATE INDEX IF NOT EXISTS request_at ON request (at);
`;

/** Requests in a SQLite file, which is made where there is none. Rejects when it cannot be opened. */
export async function openSqliteRequests(path: string): Promise<Requests> {
  if (path !== ':memory:') await createDatabaseFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  database.exec(SCHEMA);
  const has = (receipt: string) => database.prepare('SELECT 1 FROM request WHERE receipt = ?').get(receipt) !== undefined;
  const countSince = (column: 'sender_domain' | 'recipient_domain', value: string, since: number) =>
    Number(database.prepare(`SELECT count(*) AS n FROM request WHERE ${column} = ? AND at > ?`).get(value, since)?.['n']);
  return {
    async add({ receipt, at, senderDomain, recipientDomain }): Promise<Noted> {
      database.exec('BEGIN IMMEDIATE');
      try {
        const now = at.getTime();
        const isFull =
          countSince('sender_domain', senderDomain, now - SENDER_MS) >= SENDER_MAX ||
          countSince('recipient_domain', recipientDomain, now - RECIPIENT_MS) >= RECIPIENT_MAX;
        const noted = has(receipt) ? 'again' : isFull ? 'full' : 'noted';
        if (noted === 'noted') {
          database.prepare('INSERT INTO request VALUES (?, ?, ?, ?)').run(receipt, now, senderDomain, recipientDomain);
        }
        database.exec('COMMIT');
        return noted;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    has: async (receipt) => has(receipt),
    async expire(before) {
      database.prepare('DELETE FROM request WHERE at < ?').run(before.getTime());
    },
    async close() {
      database.close();
    },
  };
}
