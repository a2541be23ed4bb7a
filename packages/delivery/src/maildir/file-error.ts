import { describeError } from '@vratny/text';

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
