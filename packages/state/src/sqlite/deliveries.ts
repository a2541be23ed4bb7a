import type { DatabaseSync } from 'node:sqlite';
import { LEASE_REMEMBERED_MS, LEDGER_MAILBOXES_MAX } from '../limits.ts';
import type { LeaseEnding, Taken } from '../store.ts';
import type { DirectStore } from './group-commit.ts';
import { textOf } from './rows.ts';

type Deliveries = Pick<DirectStore, 'readLedger' | 'record' | 'drop' | 'take' | 'release'>;

/** The ledger and the lease: which mailboxes have a message, and which attempt is delivering it. */
export function createDeliveries(db: DatabaseSync): Deliveries {
  const read = db.prepare('SELECT mailbox FROM ledger WHERE key = ? AND ends_at >= ?');
  const exists = db.prepare('SELECT 1 FROM ledger WHERE key = ? LIMIT 1');
  const dropEnded = db.prepare('DELETE FROM ledger WHERE key = ? AND ends_at < ?');
  const dropOne = db.prepare('DELETE FROM ledger WHERE key = ? AND mailbox = ?');
  const drop = db.prepare('DELETE FROM ledger WHERE key = ? AND mailbox IN (SELECT value FROM json_each(?))');
  const add = db.prepare('INSERT OR IGNORE INTO ledger (key, mailbox, ends_at) VALUES (?, ?, ?)');
  const keep = db.prepare('UPDATE ledger SET ends_at = ? WHERE key = ?');
  const leases = createLeases(db);

  const readLedger = (key: string, now: number) => read.all(key, now).map((row) => textOf(row, 'mailbox'));
  return {
    readLedger,
    record: (key, mailboxes, { now, endsAt }, ending) => {
      if (ending !== undefined) leases.end(key, now, ending);
      // Nearly every message is in the ledger for the first time.
      const known = exists.get(key) !== undefined;
      if (known && new Set([...readLedger(key, now), ...mailboxes]).size > LEDGER_MAILBOXES_MAX) return false;
      if (known) dropEnded.run(key, now);
      for (const mailbox of mailboxes) add.run(key, mailbox, endsAt);
      if (known) keep.run(endsAt, key);
      return true;
    },
    drop: (key, mailboxes) => {
      const [only, ...more] = mailboxes;
      if (only !== undefined && more.length === 0) dropOne.run(key, only);
      else drop.run(key, JSON.stringify(mailboxes));
    },
    take: (key, owner, now, endsAt) => {
      const taken = leases.take(key, owner, now, endsAt);
      return taken === undefined ? undefined : { ...taken, mailboxes: readLedger(key, now) };
    },
    release: leases.release,
  };
}

/** The steps of a lease, each within a transaction of the caller's. */
interface Leases {
  /** Undefined when another owner has it. */
  take(key: string, owner: string, now: number, endsAt: number): Pick<Taken, 'since'> | undefined;
  release(key: string, owner: string): void;
  end(key: string, now: number, ending: LeaseEnding): void;
}

/** Prepares them. A row without an owner is a mark that was left. */
function createLeases(db: DatabaseSync): Leases {
  // Another owner's row that is still there ended without a word: that is the mark. Its own, taken again, keeps what it
  // had.
  const take = db.prepare(`
    INSERT INTO leases (key, owner, held_until, since, ends_at) VALUES (?1, ?2, ?3, '', ?4)
    ON CONFLICT (key) DO UPDATE
    SET owner = ?2, held_until = ?3, ends_at = ?4,
      since = CASE WHEN ends_at < ?5 THEN '' WHEN owner = ?2 OR since <> '' THEN since ELSE owner END
    WHERE owner IN (?2, '') OR held_until < ?5
    RETURNING since`);
  const remove = db.prepare('DELETE FROM leases WHERE key = ? AND owner = ?');
  const removeUnmarked = db.prepare("DELETE FROM leases WHERE key = ? AND owner = ? AND since = ''");
  const leaveMark = db.prepare("UPDATE leases SET owner = '' WHERE key = ? AND owner = ?");
  // Somebody else's that runs goes on; anything else becomes a mark, of the first attempt that it is about.
  const doubt = db.prepare(`
    INSERT INTO leases (key, owner, held_until, since, ends_at) VALUES (?1, '', ?3, ?2, ?4)
    ON CONFLICT (key) DO UPDATE
    SET since = CASE
        WHEN ends_at < ?3 THEN ?2
        WHEN since <> '' THEN since
        WHEN owner NOT IN (?2, '') AND held_until < ?3 THEN owner
        ELSE ?2 END,
      owner = iif(owner NOT IN (?2, '') AND held_until >= ?3, owner, ''),
      held_until = iif(owner NOT IN (?2, '') AND held_until >= ?3, held_until, ?3),
      ends_at = iif(owner NOT IN (?2, '') AND held_until >= ?3, ends_at, ?4)`);
  return {
    take: (key, owner, now, endsAt) => {
      const row = take.get(key, owner, endsAt, endsAt + LEASE_REMEMBERED_MS, now);
      return row === undefined ? undefined : { since: textOf(row, 'since') || undefined };
    },
    release: (key, owner) => {
      if (removeUnmarked.run(key, owner).changes === 0) leaveMark.run(key, owner);
    },
    end: (key, now, { owner, inDoubt }) => {
      if (inDoubt) doubt.run(key, owner, now, now + LEASE_REMEMBERED_MS);
      else remove.run(key, owner);
    },
  };
}
