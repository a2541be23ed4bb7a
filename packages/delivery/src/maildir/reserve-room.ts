import { type Cancellation, pause, throwIfAborted } from '@vratny/waiting';
import { RESERVATION_MS, ROOM_PAUSES_MS } from '../limits.ts';
import type { MaildirStore } from './attempt.ts';
import type { MailboxPath } from './directory-name.ts';
import { errorCode, type MaildirFile, removeFile } from './files.ts';
import type { Survey } from './usage.ts';

/** The mailbox was counted, and a message does not fit. */
export class NoRoom extends Error {
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
export interface Reservation {
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
export async function reserveRoom(store: MaildirStore, reservation: Reservation): Promise<MaildirFile> {
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
