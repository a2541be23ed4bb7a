import { join } from 'node:path';
import { keptSize, mailboxHead, readChecked } from '../copy-bytes.ts';
import { WRITE_BYTES } from '../limits.ts';
import type { Consignment } from '../port.ts';
import type { Attempt, MaildirStore } from './attempt.ts';
import type { Draft } from './commit-draft.ts';
import type { MailboxPath } from './directory-name.ts';
import { errorCode } from './file-error.ts';
import type { MaildirFile } from './files.ts';
import { removeDraft } from './take-back.ts';

/**
 * Writes a copy into `tmp` and syncs it. Rejects with what the system says, when the delivery is ended, and when the message is not the one that
 * was scanned; then nothing is left of it.
 */
export async function writeDraft(store: MaildirStore, path: MailboxPath, { consignment, copy, met }: Attempt): Promise<Draft> {
  const head = mailboxHead(consignment, copy);
  const bytes = head.length + keptSize(consignment.content, consignment.omit);
  const name = store.nameMessage(bytes, consignment.key);
  met.add(name);
  const temporary = join(path.mailbox, 'tmp', name);
  const file = await createFile(store, path, temporary);
  await fillFile(file, messageBytes(head, consignment, bytes), bytes, consignment.signal).catch(async (error: unknown) => {
    await file.close().catch(() => undefined);
    await removeDraft(store.files, temporary);
    throw error;
  });
  return { temporary, final: join(path.mailbox, 'new', name), bytes };
}

/**
 * Head and message in writes of 64 KiB, the last one shorter: a small message is one. One block is read into and another gathered in, and each
 * write overwrites the one before, since new ones would wait for the garbage collector by the hundred.
 */
async function* messageBytes(head: Buffer, { content, omit }: Consignment, sizeBytes: number): AsyncGenerator<Buffer> {
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

/** Creates the file, and the mailbox when it is new, or when somebody removed it while we believed it to be there. */
async function createFile({ files, mailboxes }: MaildirStore, path: MailboxPath, name: string): Promise<MaildirFile> {
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

async function fillFile(file: MaildirFile, pieces: AsyncIterable<Buffer>, sizeBytes: number, signal: AbortSignal): Promise<void> {
  let written = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    await file.write(piece);
    written += piece.length;
  }
  if (written !== sizeBytes) throw new Error(`the message has ${written} octets instead of ${sizeBytes}`);
  signal.throwIfAborted();
  await file.sync();
  await file.close();
}
