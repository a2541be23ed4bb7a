import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Secret, Site } from '@vratny/config';
import { readZone } from './open-dns.ts';
import { readRedisUrl } from './open-state.ts';
import { readNamedFile } from './read-named-file.ts';
import { readTls } from './read-tls.ts';
import { EXIT_CONFIG, explainFileError, notBuilt, StartProblem } from './start-problem.ts';

/**
 * Looks at everything outside the site file that it names: certificates, zone file, secrets, directories. Changes nothing.
 * @returns what is wrong, one line each; empty when all is well
 */
export function checkSite(site: Site): readonly string[] {
  const checks: readonly ((site: Site) => unknown)[] = [
    readTls,
    readZone,
    checkState,
    checkDirectory,
    checkDelivery,
    checkSpool,
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

/** Passwords stand in files of their own: all of them must be there when the site is checked, not when one is first needed. */
const SECRETS: readonly ((site: Site) => void)[] = [
  ({ state }) => checkSecret('state', 'password' in state ? state.password : undefined),
  ({ directory }) => checkSecret('directory', 'password' in directory ? directory.password : undefined),
  ({ trace }) => checkSecret('trace', 'password' in trace ? trace.password : undefined),
  ({ antispam }) => checkSecret('antispam', antispam.password),
];

function checkSecret(key: string, secret: Secret | undefined): void {
  if (secret !== undefined) readNamedFile(secret.file, `${key}.password`);
}

function checkState({ state }: Site): void {
  if (state.kind === 'sqlite') checkFolder(dirname(state.path), 'state');
  if (state.kind === 'redis') readRedisUrl(state.url);
}

function checkDirectory({ directory }: Site): void {
  checkFolder(databaseFolder(directory), 'directory');
}

function databaseFolder(directory: Site['directory']): string {
  switch (directory.kind) {
    case 'sqlite':
      // SQLite writes files beside the database, so the folder must be writable even when the file exists.
      return dirname(directory.path);
    case 'postgres':
      throw notBuilt('directory', 'postgres');
    default:
      return directory satisfies never;
  }
}

function checkDelivery({ delivery }: Site): void {
  switch (delivery.kind) {
    case 'maildir':
      checkFolder(existsSync(delivery.path) ? delivery.path : dirname(delivery.path), 'delivery');
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

/** A folder that this user can make files in. */
function checkFolder(path: string, key: string): void {
  try {
    if (!statSync(path).isDirectory()) throw new StartProblem(`${key}: ${path}: is not a directory`);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw error instanceof StartProblem
      ? error
      : new StartProblem(`${key}: ${path}: ${explainFileError(error)}`, EXIT_CONFIG, { cause: error });
  }
}
