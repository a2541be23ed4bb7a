import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Site } from '@vratny/config';
import { parseZoneFile, type Zone } from '@vratny/dns/zone-file';
import { describeAccess } from '@vratny/files';
import { describeError } from '@vratny/text';
import { NAMED_FILE_MAX_BYTES } from './limits.ts';
import { EXIT_CONFIG, StartProblem } from './start-problem.ts';

/**
 * Reads a file that the operator named, as text; before anything is served, so it may block. `what` begins the message:
 * a key of the site file, or nothing. @throws StartProblem
 */
export function readNamedFile(path: string, what?: string): string {
  const problem = (why: string, cause?: unknown): StartProblem =>
    new StartProblem(`${what === undefined ? '' : `${what}: `}${path}: ${why}`, EXIT_CONFIG, { cause });
  let file: number | undefined;
  try {
    // A pipe would keep the program waiting for a writer, hence O_NONBLOCK; it is then seen not to be a plain file.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) throw problem(stat.isDirectory() ? 'is a directory' : 'is not a plain file');
    if (stat.size > NAMED_FILE_MAX_BYTES) throw problem(`is larger than ${NAMED_FILE_MAX_BYTES} octets`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw error instanceof StartProblem ? error : problem(explainFileError(error, path), error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Reads a site file. Each line of the problem is one thing that is wrong: `site.yaml:7: dnsbl.zonez: unknown key, did
 * you mean "zones"?` Opens nothing that the file names: that is `checkSite`. @throws StartProblem
 */
export async function loadSite(path: string): Promise<Site> {
  const { formatProblem, readSite } = await import('@vratny/config/site-file');
  const text = readNamedFile(path);
  const reading = readSite(text, { baseDirectory: dirname(resolve(path)), file: path });
  if (!reading.ok) throw new StartProblem(reading.problems.map(formatProblem).join('\n'));
  return reading.site;
}

/** The site's zone file, if it has one. @throws StartProblem that names the line */
export function readZone(site: Pick<Site, 'dns'>): Zone | undefined {
  const { zoneFile } = site.dns;
  if (zoneFile === undefined) return undefined;
  const result = parseZoneFile(readNamedFile(zoneFile, 'dns.zoneFile'));
  if (!result.ok) throw new StartProblem(`dns.zoneFile: ${zoneFile}: ${result.error}`);
  return result.zone;
}

/** Why a file could not be opened or read, in a few words; with its path also whose it is, where this user may not. */
export function explainFileError(error: unknown, path?: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file or directory';
    case 'EACCES':
    case 'EPERM':
      return path === undefined ? 'permission denied' : `permission denied: ${describeAccess(path)}`;
    case 'EISDIR':
      return 'is a directory';
    case 'ENOTDIR':
      return 'is not a directory';
    case 'EROFS':
      return 'is on a file system that cannot be written';
    default:
      return describeError(error);
  }
}
