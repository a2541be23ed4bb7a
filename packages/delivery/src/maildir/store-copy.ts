import { join } from 'node:path';
import { type Cancellation, pause, throwIfAborted } from '@vratny/waiting';
import { measureCopy, readChecked } from '../copy-bytes.ts';
import { RESERVATION_MS, ROOM_PAUSES_MS, WRITE_BYTES } from '../limits.ts';
import type { DeliveryRequest, Outcome } from '../port.ts';
import type { Attempt, MaildirStore } from './attempt.ts';
import { commitDraft, type Draft } from './commit-draft.ts';
import { type MailboxPath, mailboxPath } from './directory-name.ts';
import type { Watch } from './ending.ts';
import { describeFileError, errorCode, type MaildirFile, type MaildirFiles, removeFile } from './files.ts';
import { hasKey, sizeInName, withoutFlags } from './unique-name.ts';
import type { Survey } from './usage.ts';

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

/** The mailbox was counted, and a message does not fit. */
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

/** A draft that is about to be written. */
interface Reservation {
  readonly path: MailboxPath;
  /** Of its file in `tmp`, which tells its size. */
  readonly name: string;
  readonly temporary: string;
  readonly sizeBytes: number;
  readonly quotaBytes: number;
  readonly signal: Cancellation;
}

/**
 * Creates the file of a draft where the mailbox has room for it beside what is stored and what others are writing. The file itself is the reservation: it is
 * there before the mailbox is looked at, so that of two drafts at least one sees the other, whatever process or host writes it. Where the room would not do
 * for all, the one whose name comes first keeps its file and waits for the end of the others, and those make room and try again. Rejects with {@link NoRoom}
 * when the message does not fit beside what is stored; with another error while that depends on others for too long; as the system does.
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

/** The drafts beside which there may be no room for this one; none when all fit. What a dead process left is passed over. */
async function findOthers(
  { files }: MaildirStore,
  { path, name, sizeBytes, quotaBytes }: Reservation,
  { storedBytes, drafts }: Survey,
): Promise<readonly string[]> {
  const fits = (names: readonly string[]) =>
    names.reduce((sum, other) => sum + (drafts.get(other) ?? 0), storedBytes + sizeBytes) <= quotaBytes;
  const all = [...drafts.keys()].filter((other) => other !== name);
  if (fits(all)) return [];
  // By the clock of the file system: those of hosts differ.
  const changedAt = (other: string) => files.lastChangeOf(`${path.mailbox}/tmp/${other}`).catch(() => undefined);
  const own = (await changedAt(name)) ?? 0;
  const alive: string[] = [];
  for (const other of all) {
    const at = await changedAt(other);
    if (at !== undefined && own - at <= RESERVATION_MS) alive.push(other);
  }
  return fits(alive) ? [] : alive;
}

/** Creates the file, and the mailbox when it is new, or when somebody removed it while we believed it to be there. */
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
  /** Where its name has to survive a power cut: the attempt may have died before it came to that. */
  readonly directory: string;
  readonly sizeBytes: number | undefined;
}

/**
 * Looks for what earlier attempts with this key left in a mailbox, and removes what they left in `tmp`. The order is that of a message's way:
 * `tmp`, `new`, `cur`, so that one which moves on meanwhile is met later, and an attempt that is not as dead as it seems finds nothing to
 * rename. A message that its reader moved to another folder has another name there and is not found. Rejects with what the system says, and
 * when the delivery is ended.
 */
async function findEarlier(
  { files, doubtful }: Pick<MaildirStore, 'files' | 'doubtful'>,
  mailbox: string,
  { request, met }: Pick<Attempt, 'request' | 'met'>,
): Promise<EarlierCopy | undefined> {
  const temporary = join(mailbox, 'tmp');
  for await (const name of namesOf(files, temporary, request)) {
    if (!met.has(name)) await removeFile(files, join(temporary, name));
  }
  for (const directory of [join(mailbox, 'new'), join(mailbox, 'cur')]) {
    for await (const name of namesOf(files, directory, request)) {
      if (met.has(withoutFlags(name))) continue;
      if (!doubtful.has(name)) {
        met.add(withoutFlags(name));
        return { name, directory, sizeBytes: sizeInName(name) };
      }
      // What is absent has moved on, and is met in `cur`.
      const ending = await removeFile(files, join(directory, name));
      if (ending === 'failed') throw new Error(`${name} is of doubtful durability and cannot be removed`);
      if (ending === 'removed') doubtful.delete(name);
    }
  }
  return undefined;
}

/** The names with the request's key. A directory that somebody removed holds none. */
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
