import { basename, dirname } from 'node:path';
import { throwIfAborted } from '@vratny/waiting';
import { isConfirmed, NOT_CONFIRMED } from '../confirmed.ts';
import type { DeliveryRequest } from '../port.ts';
import type { Doubtful } from './doubtful.ts';
import type { Watch } from './ending.ts';
import { type MaildirFiles, removeFile } from './files.ts';

/** A message that is written and synced, under a name that no reader looks at, and the name that it shall get. */
export interface Draft {
  readonly temporary: string;
  readonly final: string;
  readonly bytes: number;
}

/** Why a draft was not stored. */
export interface Failure {
  readonly error: unknown;
  /** True when the store does not have the message; false when that is not known. */
  readonly certain: boolean;
}

/** Gives a draft to its reader, for good, once that is confirmed. Undefined when it is stored and will survive a power cut. Never rejects. */
export async function commitDraft(
  { files, doubtful }: { readonly files: MaildirFiles; readonly doubtful: Doubtful },
  { temporary, final }: Draft,
  request: DeliveryRequest,
  watch: Watch,
): Promise<Failure | undefined> {
  try {
    const confirmed = await isConfirmed(request);
    throwIfAborted(request.signal);
    if (!confirmed) throw new Error(NOT_CONFIRMED);
    watch.handOver();
  } catch (error) {
    await removeFile(files, temporary);
    return { error, certain: true };
  }
  try {
    await files.rename(temporary, final);
  } catch (error) {
    return { error, certain: !watch.abandoned && (await undoRename(files, temporary, final)) };
  }
  try {
    await files.syncDirectory(dirname(final));
    return undefined;
  } catch (error) {
    // Before it is removed: who abandons that too must not find it trusted.
    doubtful.add(basename(final));
    const certain = !watch.abandoned && (await undoStored(files, final));
    if (certain) doubtful.delete(basename(final));
    return { error, certain };
  }
}

/**
 * Undoes a rename that failed. After EIO nobody knows which of the two names the file has, so both are removed.
 * @returns true when the message is certainly in neither place
 */
async function undoRename(files: MaildirFiles, temporary: string, final: string): Promise<boolean> {
  const before = await removeFile(files, temporary);
  const after = await removeFile(files, final);
  return after === 'removed' || (before === 'removed' && after === 'absent');
}

/**
 * Undoes a rename that may not survive a power cut.
 * @returns true when the message is certainly gone; a name that is absent was taken away by its reader, who has the message now
 */
async function undoStored(files: MaildirFiles, final: string): Promise<boolean> {
  return (await removeFile(files, final)) === 'removed';
}
