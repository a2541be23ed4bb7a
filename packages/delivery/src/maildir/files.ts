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
