import type { Site } from '@vratny/config';
import { type Directory, DirectoryFault, type Register } from '@vratny/directory';
import { openSqliteDirectory, openSqliteRegister } from '@vratny/directory/sqlite';
import { EXIT_TEMPORARY, notBuilt, StartProblem } from './start-problem.ts';

/** The look-ups. On SQLite the file must exist: whoever needs both opens the register first. @throws StartProblem */
export async function openDirectory(site: Pick<Site, 'directory'>): Promise<Directory> {
  const { directory } = site;
  switch (directory.kind) {
    case 'sqlite':
      return opening(openSqliteDirectory({ path: directory.path }));
    case 'postgres':
      throw notBuilt('directory', 'postgres');
    default:
      return directory satisfies never;
  }
}

/** The register; makes an SQLite file that is missing. @throws StartProblem */
export async function openRegister(site: Pick<Site, 'directory'>, now: () => Date): Promise<Register> {
  const { directory } = site;
  switch (directory.kind) {
    case 'sqlite':
      return opening(openSqliteRegister({ path: directory.path, now }));
    case 'postgres':
      throw notBuilt('directory', 'postgres');
    default:
      return directory satisfies never;
  }
}

/** A directory that cannot be opened keeps a program from starting; it may be there a moment later. */
async function opening<T>(opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    throw error instanceof DirectoryFault ? new StartProblem(error.message, EXIT_TEMPORARY, { cause: error }) : error;
  }
}
