import { join } from 'node:path';
import { type Cancellation, throwIfAborted } from '@vratny/waiting';
import { errorCode, type MaildirFiles } from './files.ts';
import { sizeInName, withoutFlags } from './unique-name.ts';

/** What lies in a Maildir. */
export interface Survey {
  /** Octets of its messages. */
  readonly storedBytes: number;
  /** Messages that are being written, or were when their process died: names in the inbox's `tmp`, and the octets that they will have. */
  readonly drafts: ReadonlyMap<string, number>;
}

/**
 * Looks at `new` and `cur` of the inbox and of its subfolders (`.Name`, Maildir++), and at the inbox's `tmp`. Names tell most sizes. Directories and files that
 * are not there (any more) count 0. The inbox is read in the order of a message's way, so that one which moves on meanwhile is met, and counted once. Rejects
 * when `signal` is aborted, and with what the system says.
 */
export async function surveyMailbox(files: MaildirFiles, mailbox: string, signal: Cancellation): Promise<Survey> {
  const drafts = new Map<string, number>();
  for await (const name of namesIn(files, join(mailbox, 'tmp'), signal)) {
    const sizeBytes = sizeInName(name);
    if (sizeBytes !== undefined) drafts.set(name, sizeBytes);
  }
  let storedBytes = await countFolder(files, mailbox, signal, drafts);
  for await (const name of namesIn(files, mailbox, signal)) {
    if (name.startsWith('.')) storedBytes += await countFolder(files, join(mailbox, name), signal);
  }
  return { storedBytes, drafts };
}

/** Drafts that turn out to be stored are taken out of `drafts`. */
async function countFolder(files: MaildirFiles, folder: string, signal: Cancellation, drafts?: Map<string, number>): Promise<number> {
  let sum = 0;
  const met = new Set<string>();
  for (const part of ['new', 'cur']) {
    const directory = join(folder, part);
    for await (const name of namesIn(files, directory, signal)) {
      const unique = withoutFlags(name);
      drafts?.delete(unique);
      if (part === 'new') met.add(unique);
      else if (met.has(unique)) continue;
      sum += sizeInName(name) ?? (await sizeOf(files, join(directory, name)));
    }
  }
  return sum;
}

async function* namesIn(files: MaildirFiles, directory: string, signal: Cancellation): AsyncGenerator<string> {
  throwIfAborted(signal);
  try {
    for await (const name of files.names(directory)) {
      throwIfAborted(signal);
      yield name;
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function sizeOf(files: MaildirFiles, path: string): Promise<number> {
  try {
    return await files.sizeOf(path);
  } catch (error) {
    // Its reader moved or deleted it while we counted.
    if (isAbsent(error)) return 0;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
