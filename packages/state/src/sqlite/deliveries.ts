import type { DatabaseSync } from 'node:sqlite';
import { LEDGER_MAILBOXES_MAX } from '../limits.ts';
import type { Store } from '../store.ts';
import { createLeases } from './leases.ts';
import { textOf } from './rows.ts';
import type { Transaction } from './transaction.ts';

type Deliveries = Pick<Store, 'readLedger' | 'record' | 'drop' | 'take' | 'release'>;

/** The part of the store that knows who has a message, and who is delivering it. */
export function createDeliveries(db: DatabaseSync, transaction: Transaction): Deliveries {
  const read = db.prepare('SELECT mailbox FROM ledger WHERE key = ? AND ends_at >= ?');
  const dropEnded = db.prepare('DELETE FROM ledger WHERE key = ? AND ends_at < ?');
  const drop = db.prepare('DELETE FROM ledger WHERE key = ? AND mailbox IN (SELECT value FROM json_each(?))');
  const add = db.prepare('INSERT OR IGNORE INTO ledger (key, mailbox, ends_at) VALUES (?, ?, ?)');
  const keep = db.prepare('UPDATE ledger SET ends_at = ? WHERE key = ?');
  const leases = createLeases(db);

  const readLedger = (key: string, now: number) => read.all(key, now).map((row) => textOf(row, 'mailbox'));
  return {
    readLedger,
    record: (key, mailboxes, { now, endsAt }, ending) =>
      transaction(() => {
        if (ending !== undefined) leases.end(key, now, ending);
        if (new Set([...readLedger(key, now), ...mailboxes]).size > LEDGER_MAILBOXES_MAX) return false;
        dropEnded.run(key, now);
        for (const mailbox of mailboxes) add.run(key, mailbox, endsAt);
        keep.run(endsAt, key);
        return true;
      }),
    drop: (key, mailboxes) => void drop.run(key, JSON.stringify(mailboxes)),
    take: (key, owner, now, endsAt) =>
      transaction(() => {
        const taken = leases.take(key, owner, now, endsAt);
        return taken === undefined ? undefined : { ...taken, mailboxes: readLedger(key, now) };
      }),
    release: (key, owner) => transaction(() => leases.release(key, owner)),
  };
}
