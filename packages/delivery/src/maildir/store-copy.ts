import { join } from 'node:path';
import { type Cancellation, throwIfAborted } from '@vratny/waiting';
import { measureCopy, readChecked } from '../copy-bytes.ts';
import { WRITE_BYTES } from '../limits.ts';
import type { DeliveryRequest, Outcome } from '../port.ts';
import type { Attempt, MaildirStore } from './attempt.ts';
import { commitDraft, type Draft } from './commit-draft.ts';
import { type MailboxPath, mailboxPath } from './directory-name.ts';
import { type EarlierCopy, findEarlier } from './earlier-copy.ts';
import type { Watch } from './ending.ts';
import { describeFileError, type MaildirFile, removeFile } from './files.ts';
import { createDraftFile, NoRoom, reserveRoom } from './reserve-room.ts';

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

/**
 * Writes a copy into `tmp` and syncs it. Rejects with `NoRoom` before anything is written, with what the system says, when the delivery is ended, and when the message is not the one that
 * was scanned; then nothing is left of it.
 */
async function writeDraft(store: MaildirStore, path: MailboxPath, { request, copy, met }: Attempt): Promise<Draft> {
  const { head, sizeBytes: bytes } = measureCopy(request, copy);
  const name = store.nameMessage(bytes, request.key);
  met.add(name);
  const temporary = join(path.mailbox, 'tmp', name);
  const { quotaBytes } = copy.target;
  const file =
    quotaBytes === undefined
      ? await createDraftFile(store, path, temporary)
      : await reserveRoom(store, { path, name, temporary, sizeBytes: bytes, quotaBytes, signal: request.signal });
  await fillFile(file, messageBytes(head, request, bytes), bytes, request.signal).catch(async (error: unknown) => {
    await file.close().catch(() => undefined);
    await removeFile(store.files, temporary);
    throw error;
  });
  return { temporary, final: join(path.mailbox, 'new', name), bytes };
}

/**
 * Head and message in writes of 64 KiB, the last one shorter: a small message is one. One block is read into and another gathered in, and each
 * write overwrites the one before, since new ones would wait for the garbage collector by the hundred.
 */
async function* messageBytes(head: Buffer, { content, omit }: DeliveryRequest, sizeBytes: number): AsyncGenerator<Buffer> {
  const gathered = Buffer.allocUnsafeSlow(Math.min(WRITE_BYTES, sizeBytes));
  let used = 0;
  for await (const chunk of withHead(head, readChecked(content, omit, Buffer.allocUnsafeSlow(Math.min(WRITE_BYTES, content.sizeBytes))))) {
    for (let from = 0; from < chunk.length; ) {
      if (used === gathered.length) {
        yield gathered;
        used = 0;
      }
      const copied = chunk.copy(gathered, used, from);
      used += copied;
      from += copied;
    }
  }
  yield gathered.subarray(0, used);
}

async function* withHead(head: Buffer, message: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* message;
}

async function fillFile(file: MaildirFile, pieces: AsyncIterable<Buffer>, sizeBytes: number, signal: Cancellation): Promise<void> {
  let written = 0;
  for await (const piece of pieces) {
    throwIfAborted(signal);
    await file.write(piece);
    written += piece.length;
  }
  if (written !== sizeBytes) throw new Error(`the message has ${written} octets instead of ${sizeBytes}`);
  throwIfAborted(signal);
  await file.sync();
  await file.close();
}
