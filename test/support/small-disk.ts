import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './running-program.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** A file system of a few hundred KiB, mounted on a folder of its own. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
}

/** Mounts one; undefined where this machine does not allow that. */
export async function mountSmallDisk(sizeKiB: number): Promise<SmallDisk | undefined> {
  const folder = makeTemporaryFolder('disk');
  const path = join(folder.path, 'mounted');
  mkdirSync(path);
  const mount = await runToEnd('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k,mode=0755`, 'vratny-test', path]).catch(() => undefined);
  if (mount?.ending() !== 0) {
    folder.remove();
    return undefined;
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      const unmount = await runToEnd('umount', [path]);
      if (unmount.ending() !== 0) throw new Error(`${path} stays mounted: ${unmount.stderr()}`);
      folder.remove();
    },
  };
}
