import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError, whileBusy } from '@vratny/files';
import { normaliseDomain } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import { BUSY_TIMEOUT_MS, CHANGES_MAX, CHANGING } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { describeShrinking } from '../shrinking.ts';
import { readAddressColumn } from '../source/read-rows.ts';
import { columnText, type SqlRow } from '../source/sql.ts';
import { type CopyLoad, readLoad } from './copy-file.ts';

/** The tables of a copy: rows as the statements gave them, each a JSON object of text. Times are milliseconds since 1970. */
const COPY_SCHEMA = `
  CREATE TABLE domains (name TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE addresses (address TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE overlay_domains (name TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE overlay_addresses (address TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE load (at INTEGER NOT NULL, domains INTEGER NOT NULL, addresses INTEGER NOT NULL, version TEXT, proved_at INTEGER) STRICT;
`;

/** Made last: rows come faster without them. */
const COPY_INDEXES = `
  CREATE INDEX domains_by_name ON domains (name);
  CREATE INDEX addresses_by_address ON addresses (address);
  CREATE INDEX overlay_domains_by_name ON overlay_domains (name);
  CREATE INDEX overlay_addresses_by_address ON overlay_addresses (address);
`;

/** Rows of some names, with the columns of the statements. */
interface NamedRows {
  readonly domains: readonly SqlRow[];
  readonly addresses: readonly SqlRow[];
}

/** What a copy is made of: pages of rows with the columns of the statements. */
interface CopiedSource {
  domainRows(): AsyncIterable<readonly SqlRow[]>;
  addressRows(): AsyncIterable<readonly SqlRow[]>;
  /** Differs after every change; where there is none, only a load tells. */
  version?(): Promise<string>;
  /** Names of domains and addresses that changed after a version; undefined when that is `limit` or more. */
  changedSince?(version: string, limit: number): Promise<readonly string[] | undefined>;
  rowsOf(names: { readonly domains: readonly string[]; readonly addresses: readonly string[] }): Promise<NamedRows>;
}

/** The same, with what is laid over it. */
export interface CopySource extends CopiedSource {
  readonly overlay?: CopiedSource;
}

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
 * Makes a new copy beside the old one, and moves it there when it is whole. One without domains, or (above 50) with less than nine tenths of what the old one
 * had, is not taken, and a file beside the copy says why. Rejects with `DirectoryFault`, {@link CopyDoubt} among them.
 */
export async function loadCopy(options: LoadOptions): Promise<CopyLoad> {
  const { path, source, now, accept = () => false, onProgress = () => undefined, onTrouble = () => undefined } = options;
  const making = `${path}.loading-${process.pid}`;
  rmSync(making, { force: true });
  try {
    // Before the rows: what changes meanwhile is a change after this version.
    // One that cannot be read proves nothing, and holds up no load.
    const version = await readVersion(source).catch((error: unknown) => {
      onTrouble(describeError(error));
      return undefined;
    });
    const load = await writeCopy(making, source, { now, onProgress, version });
    if (!accept(load)) checkShrinking(path, load.domains);
    chmodSync(making, 0o640);
    finishChanges(path);
    renameSync(making, path);
    rmSync(doubtFile(path), { force: true });
    return load;
  } catch (error) {
    if (error instanceof DirectoryFault) throw error;
    throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
  } finally {
    rmSync(making, { force: true });
  }
}

/** Compares what is to come with the copy that is there. @throws CopyDoubt when it lost too much; a file beside the copy says so from then on */
function checkShrinking(path: string, domains: number): void {
  const why = describeShrinking('the database', domains, readLoad(path)?.domains ?? 0);
  if (why === undefined) return;
  const doubt = `${why}: the old copy stays, and unknown recipients are delayed; mxctl directory accept takes the new one`;
  writeFileSync(doubtFile(path), `${doubt}\n`);
  throw new CopyDoubt(doubt, domains);
}

/** What a change that was interrupted left belongs to the old file: it must not be taken for something of the new one. */
function finishChanges(path: string): void {
  const journal = `${path}-journal`;
  if (!existsSync(journal)) return;
  try {
    const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      db.prepare('SELECT at FROM load').get();
    } finally {
      db.close();
    }
  } catch {
    // The file is replaced in a moment.
  }
  rmSync(journal, { force: true });
}

/** The version of a source and of what is laid over it, as one text; undefined where one of them has none. Rejects with `DirectoryFault`. */
async function readVersion(source: CopySource): Promise<string | undefined> {
  const versions = await Promise.all(partsOf(source).map((part) => part.source.version?.() ?? Promise.resolve(undefined)));
  return versions.includes(undefined) ? undefined : JSON.stringify(versions);
}

/** A source by itself, and the beginning of the names of its tables in a copy. */
interface CopiedPart {
  readonly source: CopiedSource;
  readonly prefix: Prefix;
}

type Prefix = '' | 'overlay_';

/** A source, and what is laid over it. */
function partsOf(source: CopySource): readonly CopiedPart[] {
  return [{ source, prefix: '' }, ...(source.overlay === undefined ? [] : [{ source: source.overlay, prefix: 'overlay_' } as const])];
}

const DOMAIN_COLUMNS = ['name', 'letter', 'previous_letter', 'grace_until', 'alias_of', 'mailboxes'];
const ADDRESS_COLUMNS = ['kind', 'address', 'target', 'quota_bytes', 'used_bytes', 'antispam', 'enabled', 'store'];

interface Writing extends Required<Pick<LoadOptions, 'now' | 'onProgress'>> {
  readonly version: string | undefined;
}

async function writeCopy(path: string, source: CopySource, { now, onProgress, version }: Writing): Promise<CopyLoad> {
  const at = now();
  const db = new DatabaseSync(path);
  try {
    // It counts once it is whole and has been moved; until then nothing of it need survive.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
    db.exec(COPY_SCHEMA);
    const { domains, addresses } = await writeRows(db, source, '', onProgress);
    for (const part of partsOf(source).slice(1)) await writeRows(db, part.source, part.prefix, () => undefined);
    db.prepare('INSERT INTO load VALUES (?, ?, ?, ?, NULL)').run(at.getTime(), domains, addresses, version ?? null);
    db.exec(COPY_INDEXES);
    return { at, domains, addresses };
  } finally {
    db.close();
  }
}

/** @returns how many domains of different names, and how many rows of addresses there are */
async function writeRows(
  db: DatabaseSync,
  source: Pick<CopiedSource, 'domainRows' | 'addressRows'>,
  prefix: Prefix,
  onProgress: (rows: number) => void,
): Promise<Pick<CopyLoad, 'domains' | 'addresses'>> {
  const names = new Set<string>();
  const insert = prepareInserts(db, prefix);
  let addresses = 0;
  for await (const rows of source.domainRows()) {
    inTransaction(db, rows, (row) => {
      const name = insert.domain(row);
      if (name !== undefined) names.add(name);
    });
  }
  for await (const rows of source.addressRows()) {
    inTransaction(db, rows, (row) => {
      if (insert.address(row) !== undefined) addresses += 1;
    });
    onProgress(addresses);
  }
  return { domains: names.size, addresses };
}

/** Each puts a row in under its name, and returns that; undefined for a name that none of ours could be. */
function prepareInserts(db: DatabaseSync, prefix: Prefix) {
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

/**
 * What following came to. `proved`: the copy is what the source was a moment ago. `later`: the source changed meanwhile. `load`: only a load can tell.
 * `no-version`: nothing else than loads ever can.
 */
type Following = 'proved' | 'later' | 'load' | 'no-version';

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

/**
 * Compares the version of a copy with that of its source, takes what changed, and notes when the copy was known to be what the source is. Rejects with
 * `DirectoryFault`, `CopyDoubt` among them.
 */
export async function followChanges({ path, source, now }: Pick<LoadOptions, 'path' | 'source' | 'now'>): Promise<Following> {
  const at = now();
  const version = await readVersion(source);
  if (version === undefined) return 'no-version';
  const held = await inCopy(path, (db) => db.prepare('SELECT version FROM load').get()?.['version']);
  if (typeof held !== 'string') return 'load';
  const changes = version === held ? [] : await readChanges(source, held, version);
  if (changes === undefined) return 'load';
  // Another server, which lags behind, may have answered meanwhile.
  if (changes.length > 0 && (await readVersion(source)) !== version) return 'later';
  const written = await inCopy(path, (db) => writeUpdate(db, { path, changes, held, version, at }));
  return written ? 'proved' : 'load';
}

/** What changed from one version to the other; undefined when that cannot be told. */
async function readChanges(source: CopySource, held: string, version: string): Promise<readonly Change[] | undefined> {
  const [before, after] = [JSON.parse(held), JSON.parse(version)] as readonly [readonly string[], readonly string[]];
  const changes: Change[] = [];
  for (const [at, part] of partsOf(source).entries()) {
    const since = before[at];
    if (since === after[at]) continue;
    const subjects = since === undefined ? undefined : await part.source.changedSince?.(since, CHANGES_MAX);
    // A version that went back knows of no change.
    if (subjects === undefined || subjects.length === 0) return undefined;
    const groups = Map.groupBy(new Set(subjects), (subject) => (subject.includes('@') ? 'addresses' : 'domains'));
    const names = { domains: groups.get('domains') ?? [], addresses: groups.get('addresses') ?? [] };
    changes.push({ part, names, rows: await part.source.rowsOf(names) });
  }
  return changes;
}

interface Update {
  readonly path: string;
  readonly changes: readonly Change[];
  readonly held: string;
  readonly version: string;
  readonly at: Date;
}

/** False when the copy is no longer the one that was compared. @throws CopyDoubt */
function writeUpdate(db: DatabaseSync, { path, changes, held, version, at }: Update): boolean {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const change of changes) writeChange(db, change);
    const count = (table: string): number => Number(db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']);
    if (changes.length > 0) {
      const domains = count('domains');
      checkShrinking(path, domains);
      db.prepare('UPDATE load SET domains = ?, addresses = ?').run(domains, count('addresses'));
    }
    const noted = db.prepare('UPDATE load SET version = ?, proved_at = ? WHERE version = ?').run(version, at.getTime(), held);
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
    const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      // It is loaded anew when the machine starts: what a power cut takes need not be on the disk.
      db.exec('PRAGMA synchronous = OFF');
      return await whileBusy(() => work(db), CHANGING);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof DirectoryFault) throw error;
    throw new DirectoryFault(`copy ${path}: ${describeDatabaseError(path, error)}`, { cause: error });
  }
}
