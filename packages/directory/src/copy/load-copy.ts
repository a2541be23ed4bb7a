import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError } from '@vratny/files';
import { normaliseDomain } from '@vratny/smtp';
import { DOMAINS_KEPT_SHARE, FEW_DOMAINS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { readAddressColumn } from '../source/read-rows.ts';
import { columnText, type SqlRow } from '../source/sql.ts';
import { COPY_INDEXES, COPY_SCHEMA, type CopyLoad, readLoad } from './copy-file.ts';

/** What a copy is made of: pages of rows with the columns of the statements. */
export interface CopySource {
  domainRows(): AsyncIterable<readonly SqlRow[]>;
  addressRows(): AsyncIterable<readonly SqlRow[]>;
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
}

/** A load that lost too much to be taken: the copy before it stays. */
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
  const { path, source, now, accept = () => false, onProgress = () => undefined } = options;
  const making = `${path}.loading-${process.pid}`;
  rmSync(making, { force: true });
  try {
    const load = await writeCopy(making, source, now, onProgress);
    const before = readLoad(path)?.domains ?? 0;
    const doubt = doubtIn(load.domains, before);
    if (doubt !== undefined && !accept(load)) {
      writeFileSync(doubtFile(path), `${doubt}\n`);
      throw new CopyDoubt(doubt, load.domains);
    }
    chmodSync(making, 0o640);
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

function doubtIn(domains: number, before: number): string | undefined {
  const how = 'the old copy stays, and unknown recipients are delayed; mxctl directory accept takes the new one';
  if (domains === 0) return `the database has no domain at all, ${before} before: ${how}`;
  if (before > FEW_DOMAINS && domains < before * DOMAINS_KEPT_SHARE) return `the database has ${domains} domains, ${before} before: ${how}`;
  return undefined;
}

const DOMAIN_COLUMNS = ['name', 'letter', 'alias_of', 'mailboxes'];
const ADDRESS_COLUMNS = ['kind', 'address', 'target', 'quota_bytes', 'used_bytes', 'antispam', 'enabled', 'store'];

async function writeCopy(path: string, source: CopySource, now: () => Date, onProgress: (rows: number) => void): Promise<CopyLoad> {
  const at = now();
  const db = new DatabaseSync(path);
  try {
    // It counts once it is whole and has been moved; until then nothing of it need survive.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
    db.exec(COPY_SCHEMA);
    const names = new Set<string>();
    const insertDomain = db.prepare('INSERT INTO domains VALUES (?, ?)');
    const insertAddress = db.prepare('INSERT INTO addresses VALUES (?, ?)');
    let addresses = 0;
    for await (const rows of source.domainRows()) {
      inTransaction(db, rows, (row) => {
        const name = normaliseDomain(columnText(row, 'name') ?? '');
        if (name === undefined) return;
        names.add(name);
        insertDomain.run(name, toJson(row, DOMAIN_COLUMNS));
      });
    }
    for await (const rows of source.addressRows()) {
      inTransaction(db, rows, (row) => {
        const address = readAddressColumn(columnText(row, 'address') ?? '');
        if (address === undefined) return;
        addresses += 1;
        insertAddress.run(address, toJson(row, ADDRESS_COLUMNS));
      });
      onProgress(addresses);
    }
    db.prepare('INSERT INTO load VALUES (?, ?, ?)').run(at.getTime(), names.size, addresses);
    db.exec(COPY_INDEXES);
    return { at, domains: names.size, addresses };
  } finally {
    db.close();
  }
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
