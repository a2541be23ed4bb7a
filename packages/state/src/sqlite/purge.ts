import type { DatabaseSync } from 'node:sqlite';
import { PURGE_EVERY_MS, PURGE_ROWS_MAX } from '../limits.ts';

/** Tables whose rows end. */
const ENDING_TABLES: readonly string[] = ['greylist', 'counters', 'ledger', 'leases', 'nodes'];

/** Takes ended rows out now and then: call it with every write. Never throws: rows that ended harm nobody. */
export function preparePurge(db: DatabaseSync): (now: number) => void {
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
