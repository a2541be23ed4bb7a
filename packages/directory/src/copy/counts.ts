import type { DatabaseSync } from 'node:sqlite';
import { COUNTS_KEPT_MS } from '../limits.ts';

const HOUR_MS = 3_600_000;

/** How many domains a copy had at most, in each hour of the last days: what is lost in small steps is lost all the same. Hours since 1970. */
export const COUNTS_SCHEMA = 'CREATE TABLE counts (hour INTEGER PRIMARY KEY, domains INTEGER NOT NULL) STRICT';

/** One row of the table. */
export interface Count {
  readonly hour: number;
  readonly domains: number;
}

/** What a copy remembers. */
export function readCounts(db: DatabaseSync): readonly Count[] {
  return db
    .prepare('SELECT hour, domains FROM counts')
    .all()
    .map((row) => ({ hour: Number(row['hour']), domains: Number(row['domains']) }));
}

/** One of a load at that time. */
export function countOf(domains: number, at: Date): Count {
  return { hour: Math.floor(at.getTime() / HOUR_MS), domains };
}

/** The most of them. */
export function largestOf(counts: readonly Count[]): number {
  return counts.reduce((most, { domains }) => Math.max(most, domains), 0);
}

/** Those that still count, with this one. */
export function addCount(counts: readonly Count[], domains: number, at: Date): readonly Count[] {
  const { hour } = countOf(domains, at);
  // One of the future was written before the clock was put back: it counts as of now.
  const kept = counts
    .map((one) => (one.hour > hour ? { ...one, hour } : one))
    .filter((one) => (hour - one.hour) * HOUR_MS < COUNTS_KEPT_MS);
  const now = largestOf([...kept.filter((one) => one.hour === hour), { hour, domains }]);
  return [...kept.filter((one) => one.hour !== hour), { hour, domains: now }];
}

/** Writes them all. */
export function writeCounts(db: DatabaseSync, counts: readonly Count[]): void {
  db.exec('DELETE FROM counts');
  const insert = db.prepare('INSERT INTO counts VALUES (?, ?)');
  for (const { hour, domains } of counts) insert.run(hour, domains);
}
