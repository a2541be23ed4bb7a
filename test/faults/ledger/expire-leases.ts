import { DatabaseSync } from 'node:sqlite';

/** Another process may write just now; this is longer than any of its transactions. */
const BUSY_MS = 5_000;

/**
 * Ends the leases in a state file that belong to nobody alive, in place of waiting for the 130 s that they last: they are then as they would be
 * after that time, remembered as unfinished and open to everybody. To be called only while the processes that took them are dead: for everybody
 * else it would be a lie about the time.
 */
export function expireLeases(stateFile: string, now: Date): void {
  withState(stateFile, (db) => {
    db.prepare('UPDATE leases SET held_until = ?1 WHERE held_until > ?1').run(now.getTime() - 1);
  });
}

/** True when the ledger of mx says that a message was stored in this mailbox; the mailboxes of these tests get one message each. */
export function isNoted(stateFile: string, mailbox: string): boolean {
  return withState(stateFile, (db) => db.prepare('SELECT 1 FROM ledger WHERE mailbox = ?').get(mailbox) !== undefined);
}

/** True when the state holds a lease that lasts longer than until `now`: it was taken a moment ago, and was not lost with the power. */
export function isLeased(stateFile: string, now: Date): boolean {
  return withState(stateFile, (db) => {
    // What was never synced is not there at all.
    const hasTable = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'leases'").get() !== undefined;
    return hasTable && db.prepare('SELECT 1 FROM leases WHERE held_until > ?').get(now.getTime()) !== undefined;
  });
}

function withState<T>(stateFile: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(stateFile, { timeout: BUSY_MS });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
