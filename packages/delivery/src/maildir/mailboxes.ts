import { dirname, join } from 'node:path';
import { KNOWN_MAILBOXES_MAX } from '../limits.ts';
import type { MailboxPath } from './directory-name.ts';
import type { MaildirFiles } from './files.ts';

/** Makes sure that mailboxes are there, and will be there after a power cut. */
export interface Mailboxes {
  /** Creates what is missing. Once per mailbox and process; at the same time only once. Rejects with what the system says. */
  prepare(path: MailboxPath): Promise<void>;
  /** Says that something of the mailbox was not there: the next `prepare` looks again. */
  forget(path: MailboxPath): void;
}

/**
 * Creates the list of mailboxes that are known to be there. The directories above are synced on first use even when they exist: another
 * process may have created them a moment ago and not have come to syncing them, and what we say is stored must not hang on that. The root is never made, and
 * nothing is made in the empty directory that a volume leaves behind when it is unmounted.
 */
export function createMailboxes(files: MaildirFiles): Mailboxes {
  const known = new Map<string, Promise<void>>();
  let rootBefore: string | undefined;
  async function checkRoot(root: string): Promise<void> {
    const identity = await files.identify(root);
    if (rootBefore !== undefined && identity !== rootBefore && (await isEmpty(files, root))) {
      throw new Error(`${root} is empty, and another directory than before: is its volume mounted?`);
    }
    rootBefore = identity;
  }
  async function create({ root, domain, mailbox }: MailboxPath): Promise<void> {
    await checkRoot(root);
    for (const directory of [domain, mailbox]) await files.makeDirectory(directory);
    for (const part of ['tmp', 'new', 'cur']) await files.makeDirectory(join(mailbox, part));
    for (const directory of [mailbox, domain, root, dirname(root)]) await files.syncDirectory(directory);
  }
  return {
    async prepare(path) {
      const found = known.get(path.mailbox);
      const prepared = found ?? create(path);
      // Deleted and set again: a Map keeps the order of setting, so the first entry is the one used longest ago.
      known.delete(path.mailbox);
      known.set(path.mailbox, prepared);
      const [oldest] = known.keys();
      if (known.size > KNOWN_MAILBOXES_MAX && oldest !== undefined) known.delete(oldest);
      try {
        await prepared;
      } catch (error) {
        if (known.get(path.mailbox) === prepared) known.delete(path.mailbox);
        throw error;
      }
    },
    forget(path) {
      known.delete(path.mailbox);
    },
  };
}

async function isEmpty(files: MaildirFiles, directory: string): Promise<boolean> {
  for await (const _name of files.names(directory)) return false;
  return true;
}
