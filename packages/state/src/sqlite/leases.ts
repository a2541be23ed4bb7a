import type { DatabaseSync } from 'node:sqlite';
import { LEASE_REMEMBERED_MS } from '../limits.ts';
import type { LeaseEnding, Taken } from '../store.ts';
import { textOf } from './rows.ts';

/** The steps of a lease, each within a transaction of the caller's. */
export interface Leases {
  /** Undefined when another owner has it. */
  take(key: string, owner: string, now: number, endsAt: number): Pick<Taken, 'since'> | undefined;
  release(key: string, owner: string): void;
  end(key: string, now: number, ending: LeaseEnding): void;
}

/** Prepares them. A row without an owner is a mark that was left. */
export function createLeases(db: DatabaseSync): Leases {
  // Another owner's row that is still there ended without a word: that is the mark. Its own, taken again, keeps what it had.
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
