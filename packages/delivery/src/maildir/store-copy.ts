import { basename, dirname, join } from 'node:path';
import { type Cancellation, pause, throwIfAborted } from '@vratny/waiting';
import { isConfirmed, NOT_CONFIRMED } from '../confirmed.ts';
import { measureCopy, readChecked } from '../copy-bytes.ts';
import { RESERVATION_MS, ROOM_PAUSES_MS, WRITE_BYTES } from '../limits.ts';
import type { DeliveryRequest, Outcome } from '../port.ts';
import type { Attempt, MaildirStore } from './attempt.ts';
import { type MailboxPath, mailboxPath } from './directory-name.ts';
import type { Watch } from './ending.ts';
import { describeFileError, errorCode, type MaildirFile, type MaildirFiles, removeFile } from './files.ts';
import { hasKey, sizeInName, withoutFlags } from './unique-name.ts';
import type { Unsynced } from './unsynced.ts';
import type { Survey } from './usage.ts';

/**
 * Stores one copy: writes and syncs it in `tmp`, asks for confirmation, renames it to `new` and syncs `new`; only then
 * the outcome is `stored`. A copy that an earlier attempt stored is synced and not stored again. Never rejects. A sync
 * that failed is not repeated: the kernel may have dropped the pages, and the second sync would succeed.
 */
export async function storeCopy(store: MaildirStore, attempt: Attempt, watch: Watch): Promise<Outcome> {
  const { request, copy } = attempt;
  const { signal, resumed } = request;
  const { address } = copy.target;
  function delayed(error: unknown, certain: boolean): Outcome {
    const detail = describeFileError(signal.aborted ? 'delivery was ended' : `storing for ${address}`, error);
    return { kind: 'delayed', detail, ...(certain ? {} : { uncertain: true }) };
  }
  // An earlier attempt may have stored it, until the mailbox was searched.
  let looked = !resumed;
  try {
    throwIfAborted(signal);
    const path = mailboxPath(store.root, address);
    if (!looked) {
      await store.mailboxes.prepare(path);
      const earlier = await findEarlier(store, path.mailbox, attempt);
      if (earlier !== undefined) {
        await syncEarlier(store, earlier);
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

/**
 * Syncs the directory of a copy that an earlier attempt stored: that attempt may have ended before it synced. Rejects
 * when the sync fails; then it is not known whether the message survives a power cut.
 */
async function syncEarlier({ files, unsynced }: MaildirStore, { directory, name }: EarlierCopy): Promise<void> {
  try {
    await files.syncDirectory(directory);
  } catch (error) {
    unsynced.add(name);
    throw error;
  }
}

/**
 * Writes a copy to `tmp` and syncs it. Rejects with `NoRoom` before anything is written; with the system's error; when
 * the delivery is ended; and when the digest differs from that of the scanned message. Then no file is left.
 */
async function writeDraft(store: MaildirStore, path: MailboxPath, { request, copy, seen }: Attempt): Promise<Draft> {
  const { head, sizeBytes: bytes } = measureCopy(request, copy);
  const name = store.nameMessage(bytes, request.key);
  seen.add(name);
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
 * Head and message in blocks of 64 KiB, so that a small message is one write. Two buffers are reused for all blocks:
 * new ones would accumulate until the garbage collector runs.
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

/** The mailbox was counted, and the message does not fit. */
class NoRoom extends Error {
  override readonly name = 'NoRoom';
  readonly usedBytes: number;
  readonly sizeBytes: number;

  constructor(usedBytes: number, sizeBytes: number) {
    super(`no room for ${sizeBytes} octets`);
    this.usedBytes = usedBytes;
    this.sizeBytes = sizeBytes;
  }
}

/** A message that is about to be written. */
interface Reservation {
  readonly path: MailboxPath;
  /** Name of its file in `tmp`, which contains its size. */
  readonly name: string;
  readonly temporary: string;
  readonly sizeBytes: number;
  readonly quotaBytes: number;
  readonly signal: Cancellation;
}

/**
 * Creates the file in `tmp` of a message for a mailbox with a quota. The file reserves the room. It is created before
 * the mailbox is counted, so that of two concurrent writers, in any process or host, at least one sees the other's
 * file. When the room is not enough for all, the writer whose name comes first keeps its file and waits for the others;
 * the others remove their files and try again. Rejects with {@link NoRoom} when the message does not fit beside the
 * stored ones; with another error when it depends on other writers for too long; and with the system's error.
 */
async function reserveRoom(store: MaildirStore, reservation: Reservation): Promise<MaildirFile> {
  const { path, name, temporary, sizeBytes, quotaBytes, signal } = reservation;
  let file: MaildirFile | undefined;
  const withdraw = async (): Promise<void> => {
    const open = file;
    file = undefined;
    if (open === undefined) return;
    await open.close().catch(() => undefined);
    await removeFile(store.files, temporary);
  };
  try {
    for (const pauseMs of ROOM_PAUSES_MS) {
      file ??= await createDraftFile(store, path, temporary);
      const survey = await store.surveys.count(path.mailbox, signal);
      if (survey.storedBytes + sizeBytes > quotaBytes) throw new NoRoom(survey.storedBytes, sizeBytes);
      const others = await findOthers(store, reservation, survey);
      if (others.length === 0) return file;
      if (others.some((other) => other < name)) await withdraw();
      await pause(pauseMs, signal);
      throwIfAborted(signal);
    }
    throw new Error('the messages that others write may fill the mailbox');
  } catch (error) {
    await withdraw();
    throw error;
  }
}

/**
 * Names of other messages that are being written, or were during the survey, and together with which this one may not
 * fit; empty when all fit. Files of dead processes are ignored.
 */
async function findOthers(
  { files }: MaildirStore,
  { path, name, sizeBytes, quotaBytes }: Reservation,
  { storedBytes, drafts }: Survey,
): Promise<readonly string[]> {
  const fits = (names: readonly string[]) =>
    names.reduce((sum, other) => sum + (drafts.get(other) ?? 0), storedBytes + sizeBytes) <= quotaBytes;
  const all = [...drafts.keys()].filter((other) => other !== name);
  if (fits(all)) return [];
  // Compared by the clock of the file system: the clocks of hosts differ.
  const changedAt = (other: string): Promise<number | 'gone' | undefined> =>
    files.lastChangeOf(`${path.mailbox}/tmp/${other}`).catch((error: unknown) => (errorCode(error) === 'ENOENT' ? 'gone' : undefined));
  const changed = await changedAt(name);
  const own = typeof changed === 'number' ? changed : 0;
  const alive: string[] = [];
  for (const other of all) {
    const at = await changedAt(other);
    // A file that is no longer there may have been stored after its directory was read: only the next survey finds it.
    if (at === 'gone' || (at !== undefined && own - at <= RESERVATION_MS)) alive.push(other);
  }
  return fits(alive) ? [] : alive;
}

/** Creates the file, and the mailbox when it does not exist or was removed meanwhile. */
async function createDraftFile({ files, mailboxes }: MaildirStore, path: MailboxPath, name: string): Promise<MaildirFile> {
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

/** A message that an earlier attempt stored. */
interface EarlierCopy {
  readonly name: string;
  /** The directory that must be synced: the earlier attempt may have ended before it did that. */
  readonly directory: string;
  readonly sizeBytes: number | undefined;
}

/**
 * Searches a mailbox for copies of earlier attempts with this key, and removes their files in `tmp`. The directories
 * are read in the order `tmp`, `new`, `cur`, in which a message moves, so that a message that is moved meanwhile is
 * still found, and an earlier attempt that still runs finds its file removed. A message that was moved to another
 * folder is not found. Rejects with the system's error, and when the delivery is ended.
 */
async function findEarlier(
  { files, unsynced }: Pick<MaildirStore, 'files' | 'unsynced'>,
  mailbox: string,
  { request, seen }: Pick<Attempt, 'request' | 'seen'>,
): Promise<EarlierCopy | undefined> {
  const temporary = join(mailbox, 'tmp');
  for await (const name of namesOf(files, temporary, request)) {
    if (!seen.has(name)) await removeFile(files, join(temporary, name));
  }
  for (const directory of [join(mailbox, 'new'), join(mailbox, 'cur')]) {
    for await (const name of namesOf(files, directory, request)) {
      if (seen.has(withoutFlags(name))) continue;
      if (!unsynced.has(name)) {
        seen.add(withoutFlags(name));
        return { name, directory, sizeBytes: sizeInName(name) };
      }
      // An absent file was moved, and is found in `cur`.
      const ending = await removeFile(files, join(directory, name));
      if (ending === 'failed') throw new Error(`${name} is of doubtful durability and cannot be removed`);
      if (ending === 'removed') unsynced.delete(name);
    }
  }
  return undefined;
}

/** Names that contain the key of the request. A directory that was removed has none. */
async function* namesOf(files: MaildirFiles, directory: string, { key, signal }: DeliveryRequest): AsyncGenerator<string> {
  try {
    for await (const name of files.names(directory)) {
      throwIfAborted(signal);
      if (hasKey(name, key)) yield name;
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** A message that is written to `tmp` and synced, and the name that it will get in `new`. */
interface Draft {
  readonly temporary: string;
  readonly final: string;
  readonly bytes: number;
}

/** Why a message was not stored. */
interface Failure {
  readonly error: unknown;
  /** True when the mailbox certainly does not contain the message; false when that is not known. */
  readonly certain: boolean;
}

/**
 * Moves a message from `tmp` to `new` once the delivery is confirmed. Undefined when it is stored and survives a power
 * cut. Never rejects.
 */
async function commitDraft(
  { files, unsynced }: { readonly files: MaildirFiles; readonly unsynced: Unsynced },
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
    // Recorded before the file is removed: the removal may be abandoned too.
    unsynced.add(basename(final));
    const certain = !watch.abandoned && (await undoStored(files, final));
    if (certain) unsynced.delete(basename(final));
    return { error, certain };
  }
}

/**
 * Undoes a rename that failed. After EIO the file may have either name, so both are removed. @returns true when the
 * message certainly has neither name
 */
async function undoRename(files: MaildirFiles, temporary: string, final: string): Promise<boolean> {
  const before = await removeFile(files, temporary);
  const after = await removeFile(files, final);
  return after === 'removed' || (before === 'removed' && after === 'absent');
}

/**
 * Undoes a rename that may not survive a power cut. @returns true when the message is certainly removed; when the name
 * is absent, a mail reader has moved the message
 */
async function undoStored(files: MaildirFiles, final: string): Promise<boolean> {
  return (await removeFile(files, final)) === 'removed';
}
