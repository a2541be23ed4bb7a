import { join } from 'node:path';
import { throwIfAborted } from '@vratny/waiting';
import type { DeliveryRequest } from '../port.ts';
import type { Attempt, MaildirStore } from './attempt.ts';
import { errorCode, type MaildirFiles, removeFile } from './files.ts';
import { hasKey, sizeInName, withoutFlags } from './unique-name.ts';

/** A message that an earlier attempt stored. */
export interface EarlierCopy {
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
export async function findEarlier(
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
