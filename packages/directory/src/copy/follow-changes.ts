import type { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError, isBusy, whileBusy } from '@vratny/files';
import { CHANGES_MAX, CHANGING } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import type { SqlRow } from '../source/sql.ts';
import { compareAsked } from './asked.ts';
import type { BootClock } from './boot-clock.ts';
import { isNoCopy, openToChange } from './copy-file.ts';
import { type CopiedPart, readVersion, withParts } from './copy-source.ts';
import { addCount, largestOf, readCounts, writeCounts } from './counts.ts';
import { checkShrinking, type LoadOptions, prepareInserts } from './load-copy.ts';

/**
 * What following came to. `proved`: the copy is what the source was a moment ago. `load`: only a load can tell. `no-version`: nothing else than loads ever can.
 */
export type Following = 'proved' | 'load' | 'no-version';

/** The rows of one part that changed. */
interface Change {
  readonly part: CopiedPart;
  readonly names: Names;
  readonly rows: { readonly domains: readonly SqlRow[]; readonly addresses: readonly SqlRow[] };
}

interface Names {
  readonly domains: readonly string[];
  readonly addresses: readonly string[];
}

/** What is followed, and by which clock. */
export interface FollowOptions extends Pick<LoadOptions, 'path' | 'source' | 'now' | 'signal'> {
  readonly clock: BootClock;
}

/**
 * Compares the version of a copy with that of its source, takes what changed, and notes when the copy was known to be what the source is. All of it is asked of one
 * server, in one state. Rejects with `DirectoryFault`, `CopyDoubt` among them.
 */
export async function followChanges({ path, source, now, clock, signal }: FollowOptions): Promise<Following> {
  const at = { wall: now(), clock: clock.id, ms: clock.ms() };
  const told = await withParts(
    source,
    async (parts) => {
      const version = await readVersion(parts);
      if (version === undefined) return 'no-version';
      const held = await readHeld(path);
      if (typeof held?.['version'] !== 'string' || compareAsked(held['asked'], source.asked) !== 'same') return 'load';
      const changes = version === held['version'] ? [] : await readChanges(parts, held['version'], version);
      return changes === undefined ? 'load' : { changes, held: held['version'], version };
    },
    signal,
  );
  if (typeof told === 'string') return told;
  try {
    return (await inCopy(path, (db) => write(db, { path, at, ...told }))) ? 'proved' : 'load';
  } catch (error) {
    if (error instanceof DirectoryFault && isNoCopy(path, error.cause)) return 'load';
    throw error;
  }
}

/** What the copy is of; undefined when that cannot be read, whatever is wrong: a load makes another one. Rejects with `DirectoryFault` while somebody changes it. */
async function readHeld(path: string) {
  try {
    return await inCopy(path, (db) => db.prepare('SELECT version, asked FROM load').get());
  } catch (error) {
    if (error instanceof DirectoryFault && isBusy(error.cause)) throw error;
    return undefined;
  }
}

/** What changed from one version to the other; undefined when that cannot be told. */
async function readChanges(parts: readonly CopiedPart[], held: string, version: string): Promise<readonly Change[] | undefined> {
  const [before, after] = [JSON.parse(held), JSON.parse(version)] as readonly [readonly string[], readonly string[]];
  const changes: Change[] = [];
  for (const [at, part] of parts.entries()) {
    const since = before[at];
    if (since === after[at]) continue;
    const subjects = since === undefined ? undefined : await part.state.changedSince?.(since, CHANGES_MAX);
    // A version that went back knows of no change.
    if (subjects === undefined || subjects.length === 0) return undefined;
    const groups = Map.groupBy(new Set(subjects), (subject) => (subject.includes('@') ? 'addresses' : 'domains'));
    const names = { domains: groups.get('domains') ?? [], addresses: groups.get('addresses') ?? [] };
    changes.push({ part, names, rows: await part.state.rowsOf(names) });
  }
  return changes;
}

interface Writing {
  readonly path: string;
  readonly changes: readonly Change[];
  readonly held: string;
  readonly version: string;
  readonly at: { readonly wall: Date; readonly clock: string; readonly ms: number };
}

/** False when the copy is no longer the one that was compared. @throws CopyDoubt */
function write(db: DatabaseSync, { path, changes, held, version, at }: Writing): boolean {
  // A power cut leaves what was there or what is there now, and never a half of both; a proof that it takes away is made again. What does not fit into the cache
  // would be written at once, and nobody could read meanwhile.
  db.exec(`PRAGMA cache_spill = OFF; PRAGMA synchronous = ${changes.length > 0 ? 'FULL' : 'OFF'}; BEGIN IMMEDIATE`);
  try {
    for (const change of changes) writeChange(db, change);
    const count = (sql: string): number => Number(db.prepare(sql).get()?.['count']);
    if (changes.length > 0) {
      // As a load counts them: rows of one name are one domain.
      const domains = count('SELECT count(DISTINCT name) AS count FROM domains');
      const counts = readCounts(db);
      checkShrinking(path, domains, largestOf(counts));
      db.prepare('UPDATE load SET domains = ?, addresses = ?').run(domains, count('SELECT count(*) AS count FROM addresses'));
      writeCounts(db, addCount(counts, domains, at.wall));
    }
    const note = db.prepare('UPDATE load SET version = ?, proved_at = ?, proved_clock = ?, proved_ms = ? WHERE version = ?');
    const noted = note.run(version, at.wall.getTime(), at.clock, at.ms, held);
    db.exec(noted.changes === 0 ? 'ROLLBACK' : 'COMMIT');
    return noted.changes !== 0;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function writeChange(db: DatabaseSync, { part: { prefix }, names, rows }: Change): void {
  const insert = prepareInserts(db, prefix);
  const removeDomain = db.prepare(`DELETE FROM ${prefix}domains WHERE name = ?`);
  const removeAddress = db.prepare(`DELETE FROM ${prefix}addresses WHERE address = ?`);
  for (const name of names.domains) removeDomain.run(name);
  for (const name of names.addresses) removeAddress.run(name);
  for (const row of rows.domains) insert.domain(row);
  for (const row of rows.addresses) insert.address(row);
}

/** Works on the copy that stands at the path now. */
async function inCopy<T>(path: string, work: (db: DatabaseSync) => T): Promise<T> {
  try {
    const db = openToChange(path);
    try {
      return await whileBusy(() => work(db), CHANGING);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof DirectoryFault) throw error;
    throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
  }
}
