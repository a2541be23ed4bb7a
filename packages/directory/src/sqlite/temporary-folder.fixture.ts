import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For tests: runs work with the path of a database that is not there yet, in a folder that is removed afterwards. */
export async function withPath<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vratny-directory-'));
  try {
    return await work(join(folder, 'directory.db'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
