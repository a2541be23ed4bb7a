import { readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeError } from '@vratny/text';

/** Octets of a list of accounts that are read; a larger one is left alone, and numbers are told instead of names. */
const ACCOUNTS_MAX_BYTES = 1024 * 1024;

/**
 * Why this process may not open a path, in words for the operator: the file or folder that is in the way, its owner,
 * group and mode, and the user of this process. For the faults EACCES and EPERM; reads files in turn, so it is not for
 * a hot path. Never throws.
 */
export function describeAccess(path: string): string {
  const { at, stats } = findObstacle(resolve(path));
  if (stats === undefined) return `${at} cannot be looked at`;
  const owner = `${nameOf('/etc/passwd', stats.uid)}:${nameOf('/etc/group', stats.gid)}`;
  const what = stats.isDirectory() ? 'folder' : 'file';
  return `${what} ${at} belongs to ${owner} with mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}, and this program runs as ${runner()}`;
}

interface Obstacle {
  readonly at: string;
  readonly stats: Stats | undefined;
}

/** The path itself where its folders let us look at it, else the nearest folder above it that can be looked at. */
function findObstacle(path: string): Obstacle {
  for (let at = path; ; at = dirname(at)) {
    try {
      return { at, stats: statSync(at) };
    } catch {
      if (at === dirname(at)) return { at, stats: undefined };
    }
  }
}

function runner(): string {
  const uid = process.geteuid?.();
  const gid = process.getegid?.();
  if (uid === undefined || gid === undefined) return 'another user';
  const others = (process.getgroups?.() ?? []).filter((group) => group !== gid).map((group) => nameOf('/etc/group', group));
  const user = `${nameOf('/etc/passwd', uid)}:${nameOf('/etc/group', gid)}`;
  return others.length === 0 ? user : `${user} (also of ${others.slice(0, 10).join(', ')})`;
}

/** The name of a number in a list of accounts (passwd(5), group(5)), else the number. */
function nameOf(list: string, id: number): string {
  try {
    if (statSync(list).size > ACCOUNTS_MAX_BYTES) return String(id);
    const line = readFileSync(list, 'utf8')
      .split('\n')
      .find((one) => one.split(':')[2] === String(id));
    return line?.split(':')[0] || String(id);
  } catch {
    return String(id);
  }
}

/** What a database error says; when the user of this process may not open or write the file, also whose it is. */
export function describeDatabaseError(path: string, error: unknown): string {
  const message = describeError(error);
  return isDenied(error) ? `${message}: ${describeAccess(path)}` : message;
}

// SQLITE_PERM, SQLITE_READONLY and SQLITE_CANTOPEN.
const DENIED: ReadonlySet<number> = new Set([3, 8, 14]);

function isDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error && typeof error.errcode === 'number') return DENIED.has(error.errcode & 0xff);
  return 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}
