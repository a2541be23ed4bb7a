import { dirname, join } from 'node:path';
import { KNOWN_MAILBOXES_MAX } from '../limits.ts';
import type { MailboxPath } from './directory-name.ts';
import type { MaildirFiles } from './files.ts';

/** Creates mailboxes, and syncs them so that they survive a power cut. */
export interface Mailboxes {
  /**
   * Creates missing directories, once for each mailbox and process. Concurrent calls share the work. Rejects with the
   * system's error.
   */
  prepare(path: MailboxPath): Promise<void>;
  /** Called when a part of the mailbox was missing: the next `prepare` checks it again. */
  forget(path: MailboxPath): void;
}

/**
 * Creates the list of mailboxes that are known to exist. The parent directories are synced on first use even when they
 * exist: another process may have created them without having synced them yet. The root is not created, and nothing is
 * created in the empty directory that remains when a volume is unmounted.
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
      // Deleting and setting moves the entry to the end, so the first entry is the least recently used one.
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
