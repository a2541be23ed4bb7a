import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError } from '@vratny/files';
import { normaliseDomain } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import { pause } from '@vratny/waiting';
import { COPY_EVERY_MS, COPY_REST_MS, DOUBT_MS, DOUBTS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { describeShrinking } from '../shrinking.ts';
import { readAddressColumn } from '../source/read-rows.ts';
import { columnText, type SqlRow } from '../source/sql.ts';
import { type CopyLoad, readLoad } from './copy-file.ts';

/** The tables of a copy: rows as the statements gave them, each a JSON object of text. A copy is written once and never changed. */
const COPY_SCHEMA = `
  CREATE TABLE domains (name TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE addresses (address TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE overlay_domains (name TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE overlay_addresses (address TEXT NOT NULL, value TEXT NOT NULL) STRICT;
  CREATE TABLE load (at INTEGER NOT NULL, domains INTEGER NOT NULL, addresses INTEGER NOT NULL) STRICT;
`;

/** Made last: rows come faster without them. */
const COPY_INDEXES = `
  CREATE INDEX domains_by_name ON domains (name);
  CREATE INDEX addresses_by_address ON addresses (address);
  CREATE INDEX overlay_domains_by_name ON overlay_domains (name);
  CREATE INDEX overlay_addresses_by_address ON overlay_addresses (address);
`;

/** What a copy is made of: pages of rows with the columns of the statements. */
export interface CopySource {
  domainRows(): AsyncIterable<readonly SqlRow[]>;
  addressRows(): AsyncIterable<readonly SqlRow[]>;
  /** What is laid over it. */
  readonly overlay?: Pick<CopySource, 'domainRows' | 'addressRows'>;
}

/** How a load goes. */
interface LoadOptions {
  readonly path: string;
  readonly source: CopySource;
  readonly now: () => Date;
  /** Takes the load even when it has lost many domains. */
  readonly accept?: (load: CopyLoad) => boolean;
  /** Told how many rows are in by now. */
  readonly onProgress?: (rows: number) => void;
}

/** A load that lost too much to be taken: the copy before it stays. */
class CopyDoubt extends DirectoryFault {
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
  const why = describeShrinking('the database', domains, before);
  return why && `${why}: the old copy stays, and unknown recipients are delayed; mxctl directory accept takes the new one`;
}

const DOMAIN_COLUMNS = ['name', 'letter', 'previous_letter', 'grace_until', 'alias_of', 'mailboxes'];
const ADDRESS_COLUMNS = ['kind', 'address', 'target', 'quota_bytes', 'used_bytes', 'antispam', 'enabled', 'store'];

async function writeCopy(path: string, source: CopySource, now: () => Date, onProgress: (rows: number) => void): Promise<CopyLoad> {
  const at = now();
  const db = new DatabaseSync(path);
  try {
    // It counts once it is whole and has been moved; until then nothing of it need survive.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
    db.exec(COPY_SCHEMA);
    const { domains, addresses } = await writeRows(db, source, '', onProgress);
    if (source.overlay !== undefined) await writeRows(db, source.overlay, 'overlay_', () => undefined);
    db.prepare('INSERT INTO load VALUES (?, ?, ?)').run(at.getTime(), domains, addresses);
    db.exec(COPY_INDEXES);
    return { at, domains, addresses };
  } finally {
    db.close();
  }
}

/** @returns how many domains of different names, and how many rows of addresses there are */
async function writeRows(
  db: DatabaseSync,
  source: Pick<CopySource, 'domainRows' | 'addressRows'>,
  prefix: '' | 'overlay_',
  onProgress: (rows: number) => void,
): Promise<Pick<CopyLoad, 'domains' | 'addresses'>> {
  const names = new Set<string>();
  const insertDomain = db.prepare(`INSERT INTO ${prefix}domains VALUES (?, ?)`);
  const insertAddress = db.prepare(`INSERT INTO ${prefix}addresses VALUES (?, ?)`);
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
  return { domains: names.size, addresses };
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

/** How a copy is kept. */
interface KeepOptions extends Omit<LoadOptions, 'accept'> {
  /** Milliseconds from the beginning of one load to that of the next; a load that takes so long is followed by a rest of its own. */
  readonly everyMs?: number;
  /** Told of each load that was taken. */
  readonly onLoad?: (load: CopyLoad) => void;
  /** Told why one was not. */
  readonly onTrouble: (detail: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Loads a copy again and again until the signal. A load that lost too much is taken after all when it came out the same three times over an hour.
 * Never rejects.
 */
export async function keepCopy(options: KeepOptions): Promise<void> {
  const { everyMs = COPY_EVERY_MS, onLoad = () => undefined, onTrouble, signal, now } = options;
  let doubts: readonly { readonly domains: number; readonly atMs: number }[] = [];
  const accept = ({ domains }: CopyLoad): boolean => {
    const equal = doubts.filter((one) => one.domains === domains);
    const first = equal[0];
    return first !== undefined && equal.length >= DOUBTS - 1 && now().getTime() - first.atMs >= DOUBT_MS;
  };
  while (!signal.aborted) {
    const began = now().getTime();
    try {
      onLoad(await loadCopy({ ...options, accept }));
      doubts = [];
    } catch (error) {
      onTrouble(describeError(error));
      if (error instanceof CopyDoubt) {
        const { domains } = error;
        // One that comes out otherwise begins anew.
        doubts = [...doubts.filter((one) => one.domains === domains), { domains, atMs: now().getTime() }];
        doubts = [...doubts.slice(0, 1), ...doubts.slice(1).slice(-DOUBTS)];
      }
    }
    // A long load is no reason to be older: the next one begins when it would have, after a rest.
    const took = Math.max(0, now().getTime() - began);
    await pause(Math.max(everyMs - took, Math.min(everyMs, COPY_REST_MS)), signal).catch(() => undefined);
  }
}
