import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError } from '@vratny/files';
import { normaliseDomain } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import { BUSY_TIMEOUT_MS } from '../limits.ts';
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
export function checkShrinking(path: string, domains: number): void {
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
export async function readVersion(source: CopySource): Promise<string | undefined> {
  const versions = await Promise.all(partsOf(source).map((part) => part.source.version?.() ?? Promise.resolve(undefined)));
  return versions.includes(undefined) ? undefined : JSON.stringify(versions);
}

/** A source by itself, and the beginning of the names of its tables in a copy. */
export interface CopiedPart {
  readonly source: CopiedSource;
  readonly prefix: Prefix;
}

type Prefix = '' | 'overlay_';

/** A source, and what is laid over it. */
export function partsOf(source: CopySource): readonly CopiedPart[] {
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
