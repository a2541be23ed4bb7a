import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';

/** An ext4 in a file, mounted. */
export interface Ext4Disk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  /** Copies the backing file as it is now: what the disk would hold if the power went. Whoever writes should stand still meanwhile. */
  copy(): Promise<string>;
  /** Unmounts it, and mounts a copy in its place: the power is back. Nobody may have a file open. */
  comeBackAs(image: string): Promise<void>;
}

const SIZE = '24M';
/** Nothing is written that nobody asked for: no commit by time, no tables that a kernel thread fills later. */
const MAKE = ['-q', '-F', '-b', '4096', '-m', '0', '-J', 'size=4', '-E', 'lazy_itable_init=0,lazy_journal_init=0'];
const MOUNT = 'loop,commit=300,noatime';

/** Makes one; undefined where this machine does not allow to mount it. */
export async function makeExt4Disk(): Promise<Ext4Disk | undefined> {
  const folder = makeTemporaryFolder('ext4');
  const path = join(folder.path, 'mounted');
  const image = join(folder.path, 'image');
  mkdirSync(path);
  let copies = 0;
  let current = image;
  const mounted = await (async () => {
    await run('truncate', ['-s', SIZE, image]);
    await run('mkfs.ext4', [...MAKE, image]);
    await run('mount', ['-o', MOUNT, image, path]);
    return true;
  })().catch(() => false);
  if (!mounted) {
    folder.remove();
    return undefined;
  }
  return {
    path,
    async copy() {
      copies += 1;
      const copy = join(folder.path, `copy-${copies}`);
      await run('cp', ['--sparse=always', current, copy]);
      return copy;
    },
    async comeBackAs(copy) {
      await run('umount', [path]);
      await run('mount', ['-o', MOUNT, copy, path]);
      current = copy;
    },
    async [Symbol.asyncDispose]() {
      await run('umount', [path]);
      folder.remove();
    },
  };
}

/** Mounts a copy of a disk for as long as `look` looks at it; its journal is replayed, as after a power cut. */
export async function lookInto<T>(image: string, look: (path: string) => T): Promise<T> {
  const folder = makeTemporaryFolder('cut');
  try {
    await run('mount', ['-o', MOUNT, image, folder.path]);
    try {
      return look(folder.path);
    } finally {
      await run('umount', [folder.path]);
    }
  } finally {
    folder.remove();
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const program = await runToEnd(command, args);
  if (program.ending() !== 0) throw new Error(`${command} ${args.join(' ')}: ${program.ending()} ${program.stderr()}`);
}
