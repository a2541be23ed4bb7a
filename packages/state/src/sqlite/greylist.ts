import type { DatabaseSync } from 'node:sqlite';
import { StateFault } from '../port.ts';
import { type KeySpan, networkOfKey, type Pattern } from '../store.ts';
import type { DirectStore } from './group-commit.ts';
import { numberOf, type Row, textOf } from './rows.ts';

/** The greylist: which senders have made contact. */
export function createSenders(
  db: DatabaseSync,
  networkEntriesMax: number,
): Pick<DirectStore, 'knows' | 'contact' | 'extend' | 'list' | 'forget'> {
  const find = db.prepare('SELECT key, opens_at, ends_at FROM greylist WHERE key = ? AND ends_at >= ?');
  const all = db.prepare('SELECT key, opens_at, ends_at FROM greylist WHERE ends_at >= ? ORDER BY key');
  const begin = db.prepare('INSERT OR REPLACE INTO greylist (key, opens_at, ends_at, network) VALUES (?, ?, ?, ?)');
  const extend = db.prepare('UPDATE greylist SET ends_at = max(ends_at, ?1) WHERE key = ?2 AND opens_at <= ?3 AND ends_at >= ?3');
  // Those of a full network that end first; the index has them in that order.
  const thin = db.prepare(`
    DELETE FROM greylist WHERE key IN (SELECT key FROM greylist WHERE network = ?1 ORDER BY ends_at DESC LIMIT -1 OFFSET ?2)`);
  const remove = db.prepare('DELETE FROM greylist WHERE key = ?');

  const list = (pattern: Pattern, limit: number, now: number): readonly KeySpan[] => {
    const found: KeySpan[] = [];
    const rows = pattern.exact === undefined ? all.iterate(now) : find.iterate(pattern.exact, now);
    for (const row of rows) {
      if (found.length >= limit) break;
      const span = readSpan(row);
      if (pattern.matches(span.key)) found.push(span);
    }
    return found;
  };
  return {
    knows: (key, now) => find.get(key, now) !== undefined,
    contact: (key, now, fresh) => {
      const known = find.get(key, now);
      if (known !== undefined) return { first: false, opensAt: numberOf(known, 'opens_at') };
      const network = networkOfKey(key);
      thin.run(network, networkEntriesMax - 1);
      begin.run(key, fresh.opensAt, fresh.endsAt, network);
      return { first: true, opensAt: fresh.opensAt };
    },
    extend: (key, now, endsAt) => void extend.run(endsAt, key, now),
    list,
    forget: (pattern, now) => {
      const found = list(pattern, Number.POSITIVE_INFINITY, now);
      for (const { key } of found) remove.run(key);
      return found.length;
    },
  };
}

function readSpan(row: Row): KeySpan {
  const span = { key: textOf(row, 'key'), opensAt: numberOf(row, 'opens_at'), endsAt: numberOf(row, 'ends_at') };
  if (span.opensAt > span.endsAt) throw new StateFault('an entry that ends before it begins');
  return span;
}
