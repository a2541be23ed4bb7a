import type { DatabaseSync } from 'node:sqlite';
import { NODE_KEPT_MS, NODES_MAX } from '../limits.ts';
import { StateFault } from '../port.ts';
import type { DirectStore } from './group-commit.ts';
import { numberOf, textOf } from './rows.ts';

/** The part of the store that counts. */
export function createCounts(db: DatabaseSync): Pick<DirectStore, 'hit' | 'count'> {
  const hit = db.prepare(`
    INSERT INTO counters (key, hits, ends_at) VALUES (?1, 1, ?2)
    ON CONFLICT (key) DO UPDATE SET hits = iif(ends_at >= ?3, hits + 1, 1), ends_at = iif(ends_at >= ?3, ends_at, ?2)
    RETURNING hits`);
  const count = db.prepare('SELECT hits FROM counters WHERE key = ? AND ends_at >= ?');
  return {
    hit: (name, now, endsAt) => {
      const row = hit.get(name, endsAt, now);
      if (row === undefined) throw new StateFault('a counter without a count');
      return numberOf(row, 'hits');
    },
    count: (name, now) => {
      const row = count.get(name, now);
      return row === undefined ? 0 : numberOf(row, 'hits');
    },
  };
}

/** The heartbeats of the nodes. */
export function createBeats(db: DatabaseSync): Pick<DirectStore, 'beat' | 'nodes'> {
  const beat = db.prepare('INSERT OR REPLACE INTO nodes (key, info, seen_at, ends_at) VALUES (?, ?, ?, ?)');
  const thin = db.prepare('DELETE FROM nodes WHERE key NOT IN (SELECT key FROM nodes ORDER BY seen_at DESC LIMIT ?)');
  const nodes = db.prepare('SELECT key, info, seen_at FROM nodes WHERE ends_at >= ?');
  return {
    beat: (node, info, now) => {
      beat.run(node, info, now, now + NODE_KEPT_MS);
      thin.run(NODES_MAX);
    },
    nodes: (now) =>
      nodes.all(now).map((row) => ({ node: textOf(row, 'key'), info: textOf(row, 'info'), seenAt: numberOf(row, 'seen_at') })),
  };
}
