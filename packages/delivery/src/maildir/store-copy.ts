import { join } from 'node:path';
import { keptSize, mailboxHead, readKept } from '../copy-bytes.ts';
import { WRITE_BYTES } from '../limits.ts';
import type { Consignment, Copy, Outcome } from '../port.ts';
import { type MailboxPath, mailboxPath } from './directory-name.ts';
import { describeFileError, errorCode } from './file-error.ts';
import type { MaildirFile, MaildirFiles } from './files.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { NameMessage } from './unique-name.ts';

/** What storing needs besides the message. */
export interface MaildirStore {
  readonly root: string;
  readonly files: MaildirFiles;
  readonly mailboxes: Mailboxes;
  readonly nameMessage: NameMessage;
}

/**
 * Stores one copy: written and synced in `tmp`, renamed to `new`, `new` synced; only then `stored`. Never rejects. A sync that failed is
 * never tried again: the kernel may have dropped the pages and the second one would succeed. `abandoned` is aborted when nobody waits for
 * the outcome any more; a copy that comes to its end later is taken back, since its sender was told to try again.
 */
export async function storeCopy(store: MaildirStore, consignment: Consignment, copy: Copy, abandoned: AbortSignal): Promise<Outcome> {
  const { files } = store;
  const path = mailboxPath(store.root, copy.target.address);
  const head = mailboxHead(consignment, copy);
  const bytes = head.length + keptSize(consignment.content, consignment.omit);
  const name = store.nameMessage(bytes);
  const temporary = join(path.mailbox, 'tmp', name);
  const final = join(path.mailbox, 'new', name);
  try {
    consignment.signal.throwIfAborted();
    const file = await createFile(store, path, temporary);
    await fillFile(file, messageBytes(head, consignment), bytes, consignment.signal).catch(async (error: unknown) => {
      await closeQuietly(file);
      await unlinkQuietly(files, temporary);
      throw error;
    });
    await commit(files, temporary, final, consignment.signal, abandoned);
    return { kind: 'stored', bytes };
  } catch (error) {
    const doing = consignment.signal.aborted ? 'delivery was ended' : `storing for ${copy.target.address}`;
    return { kind: 'delayed', detail: describeFileError(doing, error) };
  }
}

/** Head and message in writes of up to 64 KiB: a small message is one. */
async function* messageBytes(head: Buffer, { content, omit }: Consignment): AsyncGenerator<Buffer> {
  let waiting = [head];
  let waitingBytes = head.length;
  for await (const chunk of readKept(content, omit)) {
    if (waitingBytes > 0 && waitingBytes + chunk.length > WRITE_BYTES) {
      yield Buffer.concat(waiting);
      waiting = [];
      waitingBytes = 0;
    }
    waiting.push(chunk);
    waitingBytes += chunk.length;
  }
  yield Buffer.concat(waiting);
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

async function commit(files: MaildirFiles, temporary: string, final: string, signal: AbortSignal, abandoned: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    await files.rename(temporary, final);
  } catch (error) {
    await unlinkQuietly(files, temporary);
    // After EIO nobody knows which of the two names it has.
    await unlinkQuietly(files, final);
    throw error;
  }
  try {
    await files.syncDirectory(join(final, '..'));
    abandoned.throwIfAborted();
  } catch (error) {
    await unlinkQuietly(files, final);
    throw error;
  }
}

async function closeQuietly(file: MaildirFile): Promise<void> {
  await file.close().catch(() => undefined);
}

async function unlinkQuietly(files: MaildirFiles, path: string): Promise<void> {
  await files.unlink(path).catch(() => undefined);
}
