import { join } from 'node:path';
import { errorCode } from './file-error.ts';
import type { MaildirFiles } from './files.ts';
import { sizeInName } from './unique-name.ts';

/**
 * Octets of the messages in a Maildir: `new` and `cur` of the inbox and of its subfolders (`.Name`, Maildir++). `tmp` is not counted: what
 * is there is not delivered. Names tell most sizes. Directories and files that are not there (any more) count 0. Rejects when `signal` is
 * aborted, and with what the system says.
 */
export async function countUsage(files: MaildirFiles, mailbox: string, signal: AbortSignal): Promise<number> {
  let sum = await countFolder(files, mailbox, signal);
  for await (const name of namesIn(files, mailbox, signal)) {
    if (name.startsWith('.')) sum += await countFolder(files, join(mailbox, name), signal);
  }
  return sum;
}

async function countFolder(files: MaildirFiles, folder: string, signal: AbortSignal): Promise<number> {
  let sum = 0;
  for (const part of ['new', 'cur']) {
    const directory = join(folder, part);
    for await (const name of namesIn(files, directory, signal)) sum += sizeInName(name) ?? (await sizeOf(files, join(directory, name)));
  }
  return sum;
}

async function* namesIn(files: MaildirFiles, directory: string, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted();
  try {
    for await (const name of files.names(directory)) {
      signal.throwIfAborted();
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
