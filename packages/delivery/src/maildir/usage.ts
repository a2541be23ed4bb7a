import { join } from 'node:path';
import { type Cancellation, throwIfAborted } from '@vratny/waiting';
import { errorCode, type MaildirFiles } from './files.ts';
import { sizeInName, withoutFlags } from './unique-name.ts';

/** The contents of a Maildir. */
export interface Survey {
  /** Octets of the stored messages. */
  readonly storedBytes: number;
  /**
   * Files in the inbox's `tmp`, by name, with the sizes in their names: messages that are being written, or were when
   * their process died.
   */
  readonly drafts: ReadonlyMap<string, number>;
}

/**
 * Reads `new` and `cur` of the inbox and of its subfolders (`.Name`, Maildir++), and the inbox's `tmp`. Most names
 * contain the size. Absent directories and files count 0. The inbox is read in the order in which a message moves, so
 * that a message that is moved meanwhile is counted, and counted once. Rejects when `signal` is aborted, and with the
 * system's error.
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

/** Files of `drafts` that are found stored are removed from it. */
async function countFolder(files: MaildirFiles, folder: string, signal: Cancellation, drafts?: Map<string, number>): Promise<number> {
  let sum = 0;
  const seen = new Set<string>();
  for (const part of ['new', 'cur']) {
    const directory = join(folder, part);
    for await (const name of namesIn(files, directory, signal)) {
      const unique = withoutFlags(name);
      drafts?.delete(unique);
      if (part === 'new') seen.add(unique);
      else if (seen.has(unique)) continue;
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
    // A mail reader moved or deleted it meanwhile.
    if (isAbsent(error)) return 0;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
