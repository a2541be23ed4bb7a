import { constants } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, stat, unlink } from 'node:fs/promises';
import { errorCode, type MaildirFile, type MaildirFiles } from './files.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;

/** Names read from a directory in one batch, about 16 KiB: fewer calls than with Node's default of 32. */
const NAMES_AT_ONCE = 256;

/** The machine's own file system. */
export const nodeFiles: MaildirFiles = {
  async makeDirectory(path) {
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  },
  createFile,
  rename,
  unlink,
  async syncDirectory(path) {
    const handle = await open(path, O_RDONLY | O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async identify(path) {
    const found = await stat(path, { bigint: true });
    return `${found.dev}:${found.ino}`;
  },
  async *names(path) {
    for await (const entry of await opendir(path, { bufferSize: NAMES_AT_ONCE })) yield entry.name;
  },
  async sizeOf(path) {
    const found = await stat(path);
    return found.isFile() ? found.size : 0;
  },
  async lastChangeOf(path) {
    const found = await lstat(path);
    return found.isFile() ? Math.max(found.mtimeMs, found.ctimeMs) : undefined;
  },
};

async function createFile(path: string): Promise<MaildirFile> {
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  return {
    async write(bytes) {
      // write(2) may write less than asked, for example just before the disk is full.
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
        if (bytesWritten === 0) throw new Error('write returned 0');
        done += bytesWritten;
      }
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}
