import type { Site } from '@vratny/config';
import { type Directory, DirectoryFault, type Register } from '@vratny/directory';
import { openSqliteDirectory, openSqliteRegister, type SqliteOptions } from '@vratny/directory/sqlite';
import { EXIT_TEMPORARY, notBuilt, StartProblem } from './start-problem.ts';

/**
 * What becomes of a directory that is missing or empty. `make`: a new one; for the first step of setting a site up, and for nothing else, since a path that is
 * mistyped or a volume that is not mounted look the same. `reject`: a problem. `wait`: every operation is a fault until it is there.
 */
export type WhenMissing = NonNullable<SqliteOptions['whenMissing']>;

/** The look-ups. @throws StartProblem */
export async function openDirectory(
  site: Pick<Site, 'directory' | 'recipients'>,
  whenMissing: Exclude<WhenMissing, 'make'> = 'reject',
): Promise<Directory> {
  const { directory, recipients } = site;
  switch (directory.kind) {
    case 'sqlite':
      return opening(openSqliteDirectory({ path: directory.path, whenMissing, extensionSigns: recipients.extensionSigns }));
    case 'postgres':
      throw notBuilt('directory', 'postgres');
    default:
      return directory satisfies never;
  }
}

/** The register. @throws StartProblem */
export async function openRegister(site: Pick<Site, 'directory'>, now: () => Date, whenMissing: WhenMissing = 'reject'): Promise<Register> {
  const { directory } = site;
  switch (directory.kind) {
    case 'sqlite':
      return opening(openSqliteRegister({ path: directory.path, now, whenMissing }));
    case 'postgres':
      throw notBuilt('directory', 'postgres');
    default:
      return directory satisfies never;
  }
}

/** A directory that cannot be opened keeps a program from starting. It may be there a moment later, a missing one too: its volume may be mounted. */
async function opening<T>(opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    throw error instanceof DirectoryFault ? new StartProblem(error.message, EXIT_TEMPORARY, { cause: error }) : error;
  }
}
