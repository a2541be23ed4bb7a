import { join } from 'node:path';
import { throwIfAborted } from '@vratny/waiting';
import type { Outcome } from '../port.ts';
import type { Attempt, MaildirStore } from './attempt.ts';
import { commitDraft } from './commit-draft.ts';
import { mailboxPath } from './directory-name.ts';
import { type EarlierCopy, findEarlier } from './earlier-copy.ts';
import type { Watch } from './ending.ts';
import { describeFileError } from './file-error.ts';
import { NoRoom } from './reserve-room.ts';
import { writeDraft } from './write-draft.ts';

/**
 * Stores one copy: written and synced in `tmp`, confirmed, renamed to `new`, `new` synced; only then `stored`. What an earlier attempt has
 * stored is synced and not stored again. Never rejects. A sync that failed is never tried again: the kernel may have dropped the pages and the
 * second one would succeed.
 */
export async function storeCopy(store: MaildirStore, attempt: Attempt, watch: Watch): Promise<Outcome> {
  const { request, copy } = attempt;
  const { signal, resumed } = request;
  const { address } = copy.target;
  function delayed(error: unknown, certain: boolean): Outcome {
    const detail = describeFileError(signal.aborted ? 'delivery was ended' : `storing for ${address}`, error);
    return { kind: 'delayed', detail, ...(certain ? {} : { uncertain: true }) };
  }
  // Until we have looked, an earlier attempt may have stored it.
  let looked = !resumed;
  try {
    throwIfAborted(signal);
    const path = mailboxPath(store.root, address);
    if (!looked) {
      await store.mailboxes.prepare(path);
      const earlier = await findEarlier(store, path.mailbox, attempt);
      if (earlier !== undefined) {
        await keepEarlier(store, earlier);
        return { kind: 'stored', bytes: earlier.sizeBytes ?? (await store.files.sizeOf(join(earlier.directory, earlier.name))) };
      }
      looked = true;
    }
    const draft = await writeDraft(store, path, attempt);
    const failure = await commitDraft(store, draft, request, watch);
    return failure === undefined ? { kind: 'stored', bytes: draft.bytes } : delayed(failure.error, failure.certain);
  } catch (error) {
    if (error instanceof NoRoom) {
      return { kind: 'refused', text: `552 5.2.2 the mailbox has no room for ${error.sizeBytes} octets`, usedBytes: error.usedBytes };
    }
    return delayed(error, looked);
  }
}

/** The dead attempt may not have come to syncing the directory. Rejects when that fails; then the message is doubtful. */
async function keepEarlier({ files, doubtful }: MaildirStore, { directory, name }: EarlierCopy): Promise<void> {
  try {
    await files.syncDirectory(directory);
  } catch (error) {
    doubtful.add(name);
    throw error;
  }
}
