import { errorCode } from './file-error.ts';
import type { MaildirFiles } from './files.ts';

/**
 * Undoes a rename that failed. After EIO nobody knows which of the two names the file has, so both are removed.
 * @returns true when the message is certainly in neither place
 */
export async function undoRename(files: MaildirFiles, temporary: string, final: string): Promise<boolean> {
  const before = await removeFile(files, temporary);
  const after = await removeFile(files, final);
  return after === 'removed' || (before === 'removed' && after === 'absent');
}

/**
 * Undoes a rename that may not survive a power cut.
 * @returns true when the message is certainly gone; a name that is absent was taken away by its reader, who has the message now
 */
export async function undoStored(files: MaildirFiles, final: string): Promise<boolean> {
  return (await removeFile(files, final)) === 'removed';
}

/** Removes what nobody has seen yet. Never rejects: a leftover in `tmp` is swept later. */
export async function removeDraft(files: MaildirFiles, temporary: string): Promise<void> {
  await removeFile(files, temporary);
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
