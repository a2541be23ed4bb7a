import type { MaildirStore } from './attempt.ts';
import type { MailboxPath } from './directory-name.ts';
import { errorCode } from './file-error.ts';
import type { MaildirFile } from './files.ts';

/** Creates the file, and the mailbox when it is new, or when somebody removed it while we believed it to be there. */
export async function createDraftFile({ files, mailboxes }: MaildirStore, path: MailboxPath, name: string): Promise<MaildirFile> {
  await mailboxes.prepare(path);
  try {
    return await files.createFile(name);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    mailboxes.forget(path);
    await mailboxes.prepare(path);
    return files.createFile(name);
  }
}
