import { describeError } from '@vratny/text';

/** A file that is being written. */
export interface MaildirFile {
  /** Writes all of `bytes` at the end. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when the octets will survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The few operations on files that a Maildir needs. Paths are absolute or relative to the working directory; every call rejects with what
 * the system says, with its `code`. Tests record them and plant faults here.
 */
export interface MaildirFiles {
  /** Creates one directory, mode 0700; one that exists is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Creates a file that must not exist yet (`EEXIST`), mode 0600. */
  createFile(path: string): Promise<MaildirFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Resolves when the names in the directory will survive a power cut. */
  syncDirectory(path: string): Promise<void>;
  /** The directory as the system tells it from others: another volume, or another directory at the same path, has another. */
  identify(path: string): Promise<string>;
  /** The names in a directory, a few at a time. */
  names(path: string): AsyncIterable<string>;
  /** Octets of a file; 0 for what is no file. */
  sizeOf(path: string): Promise<number>;
  /** When a file was last written or renamed, in milliseconds since 1970; undefined for what is no file. */
  lastChangeOf(path: string): Promise<number | undefined>;
}

/** Removes a file and says whether it was there. Never rejects. */
export async function removeFile(files: MaildirFiles, path: string): Promise<'removed' | 'absent' | 'failed'> {
  try {
    await files.unlink(path);
    return 'removed';
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'absent' : 'failed';
  }
}

/** The system's name of an error (`ENOSPC`), when it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const MEANINGS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: "the disk's quota is used up",
  EIO: 'the disk reports an error',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is missing',
  EMFILE: 'too many files are open',
};

/** One line for the log: what the store could not do and why. */
export function describeFileError(doing: string, error: unknown): string {
  const code = errorCode(error);
  const meaning = code === undefined ? undefined : MEANINGS[code];
  return `maildir: ${doing}: ${meaning === undefined ? describeError(error) : `${meaning} (${code})`}`.replace(/\s+/gu, ' ');
}
