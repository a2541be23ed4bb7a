import { join } from 'node:path';
import { type Cancellation, throwIfAborted } from '@vratny/waiting';
import { keptSize, mailboxHead, readChecked } from '../copy-bytes.ts';
import { WRITE_BYTES } from '../limits.ts';
import type { DeliveryRequest } from '../port.ts';
import type { Attempt, MaildirStore } from './attempt.ts';
import type { Draft } from './commit-draft.ts';
import { createDraftFile } from './create-draft-file.ts';
import type { MailboxPath } from './directory-name.ts';
import type { MaildirFile } from './files.ts';
import { reserveRoom } from './reserve-room.ts';
import { removeDraft } from './take-back.ts';

/**
 * Writes a copy into `tmp` and syncs it. Rejects with `NoRoom` before anything is written, with what the system says, when the delivery is ended, and when the message is not the one that
 * was scanned; then nothing is left of it.
 */
export async function writeDraft(store: MaildirStore, path: MailboxPath, { request, copy, met }: Attempt): Promise<Draft> {
  const head = mailboxHead(request, copy);
  const bytes = head.length + keptSize(request.content, request.omit);
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
    await removeDraft(store.files, temporary);
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
