import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError, whileBusy } from '@vratny/files';
import { normaliseDomain } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import { abortSignalOf, createCanceller } from '@vratny/waiting';
import { CHANGING, LEFT_OVER_MS, LOAD_MS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { describeShrinking } from '../shrinking.ts';
import { readAddressColumn } from '../source/read-rows.ts';
import { columnText, ServerFault, type SqlRow } from '../source/sql.ts';
import type { Asked } from './asked.ts';
import { type CopyLoad, readLoadOnce, recoverCopy } from './copy-file.ts';
import { type CopiedPart, type CopiedState, type CopySource, type Prefix, readVersion, withParts } from './copy-source.ts';
import { addCount, COUNTS_SCHEMA, type Count, largestOf, writeCounts } from './counts.ts';

/**
 * The tables of a copy: rows as the statements gave them, each a JSON object of text. Times are milliseconds since 1970; `proved_ms` is a time of the clock
 * `proved_clock`. */
const COPY_SCHEMA = `
  CREATE TABLE domains (name TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE addresses (address TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE overlay_domains (name TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE overlay_addresses (address TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE load (at INTEGER NOT NULL, domains INTEGER NOT NULL, addresses INTEGER NOT NULL, asked TEXT NOT NULL, version TEXT, proved_at INTEGER,
    proved_clock TEXT, proved_ms REAL) STRICT;
  ${COUNTS_SCHEMA};
`;

/** Made last: rows come faster without them. */
const COPY_INDEXES = `
  CREATE INDEX domains_by_name ON domains (name);
  CREATE INDEX addresses_by_address ON addresses (address);
  CREATE INDEX overlay_domains_by_name ON overlay_domains (name);
  CREATE INDEX overlay_addresses_by_address ON overlay_addresses (address);
`;

/** How a load goes. */
export interface LoadOptions {
  readonly path: string;
  readonly source: CopySource;
  readonly now: () => Date;
  /** Takes the load even when it has lost many domains. */
  readonly accept?: (load: CopyLoad) => boolean;
  /** Told how many rows are in by now. */
  readonly onProgress?: (rows: number) => void;
  /** Told why the version of the source cannot be read. */
  readonly onTrouble?: (detail: string) => void;
  /** Ends the load: nothing of it is left. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which it is given up: it is one transaction on a database that has other work. */
  readonly withinMs?: number;
}

/** A load, or changes, that lost too much to be taken: the copy before it stays. */
export class CopyDoubt extends DirectoryFault {
  /** Domains of the load. */
  readonly domains: number;

  constructor(message: string, domains: number) {
    super(message);
    this.domains = domains;
  }
}

/**
 * Makes a new copy beside the old one, of one state of the source, and moves it there when it is whole. One without domains, or (above 50) with less than nine
 * tenths of what a copy had at most in the last days, is not taken, and a file beside the copy says why. Rejects with `DirectoryFault`, {@link CopyDoubt} among them.
 */
export async function loadCopy(options: LoadOptions): Promise<CopyLoad> {
  const { path, now, accept = () => false, withinMs = LOAD_MS } = options;
  const making = `${path}.loading-${process.pid}`;
  removeLeftOvers(path);
  using late = createCanceller(options.signal);
  const giveUp = (): void =>
    late.abort(new DirectoryFault(`the load was given up: it took more than ${Math.round(withinMs / 1000)} seconds`));
  const timer = setTimeout(giveUp, withinMs);
  try {
    const load = await makeCopy(making, { ...options, signal: abortSignalOf(late.signal) });
    clearTimeout(timer);
    const accepted = accept(load);
    const earlier = accepted ? [] : await readEarlier(path);
    if (!accepted) checkShrinking(path, load.domains, largestOf(earlier));
    await inFile(making, (db) => writeCounts(db, addCount(earlier, load.domains, now())));
    chmodSync(making, 0o640);
    await flush(making);
    options.signal?.throwIfAborted();
    finishChanges(path);
    renameSync(making, path);
    rmSync(doubtFile(path), { force: true });
    return load;
  } catch (error) {
    // A server that was being asked then is not what is wrong.
    if (late.signal.reason instanceof DirectoryFault) throw late.signal.reason;
    if (error instanceof DirectoryFault) throw error;
    throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    rmSync(making, { force: true });
  }
}

/** In one state of the source with its version; without, where that cannot be read: it proves nothing then, and holds up no load. */
async function makeCopy(making: string, options: LoadOptions): Promise<CopyLoad> {
  const { source, onTrouble = () => undefined, signal } = options;
  const write = (parts: readonly CopiedPart[], version: string | undefined): Promise<CopyLoad> =>
    writeCopy(making, parts, { ...options, version });
  let wrong: unknown;
  try {
    return await withParts(
      source,
      async (parts) => {
        wrong = undefined;
        const version = await readVersion(parts).catch((error: unknown) => {
          wrong = error;
          throw error;
        });
        return write(parts, version);
      },
      signal,
    );
  } catch (error) {
    if (wrong === undefined || signal?.aborted === true) throw error;
    onTrouble(describeError(wrong));
    return withParts(source, (parts) => write(parts, undefined), signal);
  }
}

/** What loads left that were killed. One that is under way is written all the time. */
function removeLeftOvers(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.loading-`)) continue;
    const left = join(folder, name);
    const stats = statSync(left, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > LEFT_OVER_MS) rmSync(left, { force: true });
  }
}

/** Has it on the disk before it takes the place of one that is there: a power cut leaves one of them. */
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function inFile<T>(path: string, work: (db: DatabaseSync) => T | Promise<T>): Promise<T> {
  const db = new DatabaseSync(path);
  try {
    // It counts once it is whole and has been moved; until then nothing of it need survive.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
    return await work(db);
  } finally {
    db.close();
  }
}

async function readEarlier(path: string): Promise<readonly Count[]> {
  return (await whileBusy(() => readLoadOnce(path), CHANGING))?.counts ?? [];
}

/** Compares what is to come with what a copy had at most `before`. @throws CopyDoubt when it lost too much; a file beside the copy says so from then on */
export function checkShrinking(path: string, domains: number, before: number): void {
  const why = describeShrinking('the database', domains, before);
  if (why === undefined) return;
  const doubt = `${why}: the old copy stays, and unknown recipients are delayed; mxctl directory accept takes the new one`;
  writeFileSync(doubtFile(path), `${doubt}\n`);
  throw new CopyDoubt(doubt, domains);
}

/** What a change that was interrupted left belongs to the old file: it must not be taken for something of the new one. */
function finishChanges(path: string): void {
  recoverCopy(path);
  rmSync(`${path}-journal`, { force: true });
}

const DOMAIN_COLUMNS = ['name', 'letter', 'previous_letter', 'grace_until', 'earlier', 'alias_of', 'mailboxes'];
const ADDRESS_COLUMNS = ['kind', 'address', 'target', 'quota_bytes', 'used_bytes', 'antispam', 'enabled', 'store'];

interface Writing extends Pick<LoadOptions, 'now' | 'onProgress' | 'signal'> {
  readonly source: { readonly asked: Asked };
  readonly version: string | undefined;
}

/** What a server has against a question, and that it could not be asked, is the matter of the source; the rest is ours. */
async function writeCopy(path: string, parts: readonly CopiedPart[], { now, source, version, ...how }: Writing): Promise<CopyLoad> {
  const at = now();
  rmSync(path, { force: true });
  try {
    return await inFile(path, async (db) => {
      db.exec(COPY_SCHEMA);
      let [domains, addresses] = [0, 0];
      for (const { state, prefix } of parts) {
        const written = await writeRows(db, state, prefix, prefix === '' ? how : { ...how, onProgress: undefined });
        if (prefix === '') ({ domains, addresses } = written);
      }
      const insert = db.prepare('INSERT INTO load (at, domains, addresses, asked, version) VALUES (?, ?, ?, ?, ?)');
      insert.run(at.getTime(), domains, addresses, source.asked, version ?? null);
      db.exec(COPY_INDEXES);
      return { at, domains, addresses, isVersioned: version !== undefined, counts: [] };
    });
  } catch (error) {
    if (error instanceof ServerFault || error instanceof DirectoryFault) throw error;
    throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
  }
}

/** @returns how many domains of different names, and how many rows of addresses there are */
async function writeRows(
  db: DatabaseSync,
  state: CopiedState,
  prefix: Prefix,
  { onProgress, signal }: { readonly onProgress?: ((rows: number) => void) | undefined; readonly signal?: AbortSignal },
): Promise<Pick<CopyLoad, 'domains' | 'addresses'>> {
  const names = new Set<string>();
  const insert = prepareInserts(db, prefix);
  let addresses = 0;
  for await (const rows of state.domainRows()) {
    signal?.throwIfAborted();
    inTransaction(db, rows, (row) => {
      const name = insert.domain(row);
      if (name !== undefined) names.add(name);
    });
  }
  for await (const rows of state.addressRows()) {
    signal?.throwIfAborted();
    inTransaction(db, rows, (row) => {
      if (insert.address(row) !== undefined) addresses += 1;
    });
    onProgress?.(addresses);
  }
  return { domains: names.size, addresses };
}

/** Each puts a row in under its name, and returns that; undefined for a name that none of ours could be. */
export function prepareInserts(db: DatabaseSync, prefix: Prefix) {
  const insertDomain = db.prepare(`INSERT INTO ${prefix}domains VALUES (?, ?)`);
  const insertAddress = db.prepare(`INSERT INTO ${prefix}addresses VALUES (?, ?)`);
  return {
    domain: (row: SqlRow): string | undefined => {
      const name = normaliseDomain(columnText(row, 'name') ?? '');
      if (name !== undefined) insertDomain.run(name, toJson(row, DOMAIN_COLUMNS));
      return name;
    },
    address: (row: SqlRow): string | undefined => {
      const address = readAddressColumn(columnText(row, 'address') ?? '');
      if (address !== undefined) insertAddress.run(address, toJson(row, ADDRESS_COLUMNS));
      return address;
    },
  };
}

function inTransaction(db: DatabaseSync, rows: readonly SqlRow[], write: (row: SqlRow) => void): void {
  db.exec('BEGIN');
  for (const row of rows) write(row);
  db.exec('COMMIT');
}

function toJson(row: SqlRow, columns: readonly string[]): string {
  return JSON.stringify(
    Object.fromEntries(columns.flatMap((column) => (column in row ? [[column, columnText(row, column) ?? null]] : []))),
  );
}

/** Where it stands why the last load was not taken. */
function doubtFile(path: string): string {
  return `${path}.doubt`;
}

/** Why the last load was not taken, in words; undefined when it was. */
export function readDoubt(path: string): string | undefined {
  try {
    return readFileSync(doubtFile(path), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
