import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the spool as the spool needs it; positions and lengths in octets. Every call may reject with what the system says. */
export interface SpoolFile {
  /** Writes all of `bytes` at `position`. */
  write(bytes: Buffer, position: number): Promise<void>;
  /** Fills `into` from `position` on; fewer octets than it holds only at the end of the file. */
  read(into: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens a new spool file in `directory`. Tests plant faults here. */
export type OpenSpoolFile = (directory: string) => Promise<SpoolFile>;

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Creates a file that only this process can reach: it has no name any more when this resolves, so a crash leaves nothing behind. */
export async function openUnlinkedFile(directory: string): Promise<SpoolFile> {
  const path = join(directory, `vratny-${randomBytes(16).toString('hex')}.spool`);
  const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    write: (bytes, position) => writeAll(handle, bytes, position),
    read: (into, position) => readAll(handle, into, position),
    close: () => handle.close(),
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  // A write may be partial, most likely just before the disk is full (write(2)).
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error('write returned 0');
    done += bytesWritten;
  }
}

async function readAll(handle: FileHandle, into: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
