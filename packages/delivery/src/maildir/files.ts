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
 * The file operations of a Maildir. Every call rejects with the system's error, with its `code`. Tests record the calls
 * and inject faults.
 */
export interface MaildirFiles {
  /** Creates one directory with mode 0700. Resolves also when it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Creates a file with mode 0600. Rejects with `EEXIST` when it exists. */
  createFile(path: string): Promise<MaildirFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Resolves when the names in the directory will survive a power cut. */
  syncDirectory(path: string): Promise<void>;
  /** Identifies a directory: another volume, or another directory at the same path, has another identity. */
  identify(path: string): Promise<string>;
  /** The names in a directory, read in batches. */
  names(path: string): AsyncIterable<string>;
  /** Size of a file in octets; 0 when it is not a regular file. */
  sizeOf(path: string): Promise<number>;
  /** When a file was last written or renamed, in milliseconds since 1970; undefined when it is not a regular file. */
  lastChangeOf(path: string): Promise<number | undefined>;
}

/** Removes a file and tells whether it existed. Never rejects. */
export async function removeFile(files: MaildirFiles, path: string): Promise<'removed' | 'absent' | 'failed'> {
  try {
    await files.unlink(path);
    return 'removed';
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'absent' : 'failed';
  }
}

/** The system's code of an error (`ENOSPC`), if it has one. */
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

/** One line for the log: what failed, and why. */
export function describeFileError(doing: string, error: unknown): string {
  const code = errorCode(error);
  const meaning = code === undefined ? undefined : MEANINGS[code];
  return `maildir: ${doing}: ${meaning === undefined ? describeError(error) : `${meaning} (${code})`}`.replace(/\s+/gu, ' ');
}
