import { mkdirSync, statSync } from 'node:fs';
import type { Site } from '@vratny/config';
import { EXIT_CONFIG, explainFileError, StartProblem } from './start-problem.ts';

/**
 * Makes the folder of the site's Maildirs (mode 0700) where a site has neither that nor a directory: it is new. Once there is a directory, a folder that is
 * missing is a volume that is not mounted. @throws StartProblem
 */
export function makeMailRoot({ delivery, directory }: Pick<Site, 'delivery' | 'directory'>): void {
  if (delivery.kind !== 'maildir' || directory.kind !== 'sqlite') return;
  if ((statSync(directory.path, { throwIfNoEntry: false })?.size ?? 0) > 0) return;
  try {
    mkdirSync(delivery.path, { mode: 0o700 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw new StartProblem(`delivery: ${delivery.path}: ${explainFileError(error, delivery.path)}`, EXIT_CONFIG, { cause: error });
  }
}
