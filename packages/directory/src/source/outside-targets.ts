import { splitAddress } from '../reserved.ts';
import type { AskedDatabase } from './asked-database.ts';
import { type RowReading, readDomains, readEntries } from './read-rows.ts';

/** An alias that leads to an address which is not ours. */
export interface OutsideTarget {
  readonly alias: string;
  readonly target: string;
}

/** The aliases of a database that lead outside, at most so many. Reads the whole database. Rejects with `DirectoryFault`. */
export async function findOutsideTargets(database: AskedDatabase, reading: RowReading, max: number): Promise<readonly OutsideTarget[]> {
  const ours = new Set<string>();
  for await (const rows of database.domainRows()) for (const name of readDomains(rows).keys()) ours.add(name);
  const found: OutsideTarget[] = [];
  for await (const rows of database.addressRows()) {
    for (const [alias, entry] of readEntries(rows, reading)) {
      if (entry.kind !== 'alias' || !ours.has(splitAddress(alias).domain)) continue;
      for (const target of entry.targets) if (!ours.has(splitAddress(target).domain)) found.push({ alias, target });
    }
    if (found.length >= max) break;
  }
  return found.slice(0, max);
}
