import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AdoptedStore, Secret, Site } from '@vratny/config';
import { adoptedOptions, postgresOptions } from './database-options.ts';
import { readRedisUrl } from './open-state.ts';
import { explainFileError, readNamedFile, readZone } from './read-named-file.ts';
import { readTls } from './read-tls.ts';
import { EXIT_CONFIG, StartProblem } from './start-problem.ts';

/** What a check lets by. */
export interface CheckOptions {
  /**
   * A host starts without its directory: it answers 451 until it is there. Whoever only looks, or loads a site file
   * anew, is told. Default false.
   */
  readonly directoryMayBeMissing?: boolean;
}

/**
 * Looks at everything outside the site file that it names: certificates, zone file, secrets, directories. Changes
 * nothing.
 * @returns what is wrong, one line each; empty when all is well
 */
export function checkSite(site: Site, { directoryMayBeMissing = false }: CheckOptions = {}): readonly string[] {
  const checks: readonly ((site: Site) => unknown)[] = [
    readTls,
    readZone,
    checkState,
    (one: Site) => checkDirectory(one, directoryMayBeMissing),
    checkDelivery,
    checkSpool,
    checkHistory,
    ...SECRETS,
  ];
  return checks.flatMap((check) => {
    try {
      check(site);
      return [];
    } catch (error) {
      if (error instanceof StartProblem) return error.message.split('\n');
      throw error;
    }
  });
}

/**
 * Passwords stand in files of their own: all of them must be there when the site is checked, not when one is first
 * needed.
 */
const SECRETS: readonly ((site: Site) => void)[] = [
  ({ state }) => checkSecret('state', 'password' in state ? state.password : undefined),
  ({ directory }) => checkSecret('directory', 'password' in directory ? directory.password : undefined),
  ({ antispam }) => checkSecret('antispam', antispam.password),
  ({ history }) => checkSecret('history', history?.password),
];

function checkSecret(key: string, secret: Secret | undefined): void {
  if (secret !== undefined) readNamedFile(secret.file, `${key}.password`);
}

/** The writer makes the folder; what is no folder stays what it is. */
function checkHistory({ history }: Site): void {
  if (history?.url.kind !== 'sqlite' || statSync(history.url.path, { throwIfNoEntry: false })?.isDirectory() !== false) return;
  throw new StartProblem(`history: ${history.url.path} is no folder`);
}

function checkState({ state }: Site): void {
  if (state.kind === 'sqlite') checkDatabase(state.path, 'state', 'written');
  if (state.kind === 'redis') readRedisUrl(state.url);
}

function checkDirectory({ directory, delivery }: Site, mayBeMissing: boolean): void {
  switch (directory.kind) {
    case 'sqlite':
      if (mayBeMissing && statSync(dirname(directory.path), { throwIfNoEntry: false }) === undefined) return;
      // Only of mail that is stored here it is written how much there is.
      if (checkDatabase(directory.path, 'directory', delivery.kind === 'maildir' ? 'written' : 'read') > 0 || mayBeMissing) return;
      throw new StartProblem(
        `directory: ${directory.path}: there is no directory; is its volume mounted? mxctl domain add makes a new one, mx never does`,
      );
    case 'postgres':
      postgresOptions(directory);
      if (directory.copy !== undefined) checkFolder(dirname(directory.copy), 'directory.copy');
      return;
    case 'adopted':
      checkAdopted(directory, mayBeMissing);
      return;
    default:
      directory satisfies never;
  }
}

/** The database itself is asked by `checkDirectoryStatements`. */
function checkAdopted(directory: AdoptedStore, mayBeMissing: boolean): void {
  adoptedOptions(directory);
  const { overlay, copy } = directory;
  if (copy !== undefined) checkFolder(dirname(copy), 'directory.copy');
  if (overlay?.kind !== 'sqlite' || checkDatabase(overlay.path, 'directory.overlay', 'read') > 0 || mayBeMissing) return;
  throw new StartProblem(
    `directory.overlay: ${overlay.path}: there is no such file; is its volume mounted? mxctl init makes a new one, mx never does`,
  );
}

/**
 * SQLite writes files beside a database, so the folder of one that is written must be writable even when the file exists. Returns the octets
 * of the file, 0 for none.
 */
function checkDatabase(path: string, key: string, use: 'read' | 'written'): number {
  checkFolder(dirname(path), key, use);
  return explaining(path, key, () => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return 0;
    if (!stats.isFile()) throw new StartProblem(`${key}: ${path}: is not a plain file`);
    accessSync(path, use === 'written' ? constants.R_OK | constants.W_OK : constants.R_OK);
    return stats.size;
  });
}

function checkDelivery({ delivery }: Site): void {
  switch (delivery.kind) {
    case 'maildir':
      checkMailRoot(delivery.path);
      break;
    case 'lmtp-unix':
      checkSocket(delivery.path, 'delivery');
      break;
    case 'lmtp':
      // Whether it answers is a matter of the moment; mail is delayed while it does not.
      break;
    default:
      delivery satisfies never;
  }
}

/** A server makes its socket when it starts, which may be after us; another kind of file never becomes one. */
function checkSocket(path: string, key: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() === false) throw new StartProblem(`${key}: ${path}: is not a socket`);
}

function checkSpool({ spool }: Site): void {
  if (spool !== undefined) checkFolder(spool, 'spool');
}

/** Never made by mx: on a volume that is not mounted mail would go to the disk below. */
function checkMailRoot(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false }) !== undefined;
  checkFolder(there ? path : dirname(path), 'delivery');
  if (there) return;
  throw new StartProblem(`delivery: ${path}: no such directory; is its volume mounted? mx never makes it: mkdir -m 0700 ${path}`);
}

/** A folder that this user can make files in, or read files of. */
function checkFolder(path: string, key: string, use: 'read' | 'written' = 'written'): void {
  explaining(path, key, () => {
    if (!statSync(path).isDirectory()) throw new StartProblem(`${key}: ${path}: is not a directory`);
    accessSync(path, use === 'written' ? constants.R_OK | constants.W_OK | constants.X_OK : constants.X_OK);
  });
}

/** Runs work on a path; what the system says of it becomes a problem with the key of the site file. */
function explaining<T>(path: string, key: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StartProblem) throw error;
    throw new StartProblem(`${key}: ${path}: ${explainFileError(error, path)}`, EXIT_CONFIG, { cause: error });
  }
}
