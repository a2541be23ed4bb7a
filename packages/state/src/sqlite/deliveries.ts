import type { DatabaseSync } from 'node:sqlite';
import { LEDGER_MAILBOXES_MAX } from '../limits.ts';
import type { Store } from '../store.ts';
import { textOf } from './rows.ts';
import type { Transaction } from './transaction.ts';

type Deliveries = Pick<Store, 'readLedger' | 'record' | 'drop' | 'take' | 'release'>;

/** The part of the store that knows who has a message, and who is delivering it. */
export function createDeliveries(db: DatabaseSync, transaction: Transaction): Deliveries {
  const read = db.prepare('SELECT mailbox FROM ledger WHERE key = ? AND ends_at >= ?');
  const dropEnded = db.prepare('DELETE FROM ledger WHERE key = ? AND ends_at < ?');
  const drop = db.prepare('DELETE FROM ledger WHERE key = ?');
  const add = db.prepare('INSERT OR IGNORE INTO ledger (key, mailbox, ends_at) VALUES (?, ?, ?)');
  const keep = db.prepare('UPDATE ledger SET ends_at = ? WHERE key = ?');
  const take = db.prepare(`
    INSERT INTO leases (key, owner, ends_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET owner = ?2, ends_at = ?3 WHERE owner = ?2 OR ends_at < ?4
    RETURNING owner`);
  const release = db.prepare('DELETE FROM leases WHERE key = ? AND owner = ?');

  const readLedger = (key: string, now: number) => read.all(key, now).map((row) => textOf(row, 'mailbox'));
  return {
    readLedger,
    record: (key, mailboxes, { now, endsAt }, owner) =>
      transaction(() => {
        if (new Set([...readLedger(key, now), ...mailboxes]).size > LEDGER_MAILBOXES_MAX) return false;
        dropEnded.run(key, now);
        for (const mailbox of mailboxes) add.run(key, mailbox, endsAt);
        keep.run(endsAt, key);
        if (owner !== undefined) release.run(key, owner);
        return true;
      }),
    drop: (key) => void drop.run(key),
    take: (key, owner, now, endsAt) =>
      transaction(() => (take.get(key, owner, endsAt, now) === undefined ? undefined : readLedger(key, now))),
    release: (key, owner) => void release.run(key, owner),
  };
}
