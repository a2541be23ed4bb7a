import { mapBounded } from './bounded-map.ts';
import { COPIES_AT_ONCE, ENDING_GRACE_MS } from './limits.ts';
import { mailboxPath } from './maildir/directory-name.ts';
import { createDoubtful } from './maildir/doubtful.ts';
import { untilEnded } from './maildir/ending.ts';
import { describeFileError } from './maildir/file-error.ts';
import type { MaildirFiles } from './maildir/files.ts';
import { createMailboxes } from './maildir/mailboxes.ts';
import { nodeFiles } from './maildir/node-files.ts';
import { createRecounts } from './maildir/recounts.ts';
import { storeCopy } from './maildir/store-copy.ts';
import { createSweep } from './maildir/sweep.ts';
import { createMessageNames } from './maildir/unique-name.ts';
import { countUsage } from './maildir/usage.ts';
import type { Delivery } from './port.ts';
import { judgeQuota } from './quota.ts';

/** Where the mailboxes are and what names of messages are made of. */
export interface MaildirOptions {
  /** `root/<domain>/<local>/{tmp,new,cur}`. Created on first use; the directory above it must exist. */
  readonly root: string;
  /** Of this node; different on each node that writes to the same root. */
  readonly hostName: string;
  readonly now: () => Date;
  /** See `UniqueNameOptions`. */
  readonly uniqueId?: () => string;
  /** Default: the machine's own file system. */
  readonly files?: MaildirFiles;
  /** Default 2 s; see `limits.ts`. */
  readonly endingGraceMs?: number;
}

/**
 * Mailboxes as Maildir directories, mode 0700, files 0600. Lines keep their CRLF on disk (Dovecot reads both forms), so that what was
 * scanned, hashed and signed is what lies in the mailbox. Two copies for the same target in one consignment are two messages. Mailboxes
 * are never unknown here: the directory says who exists. Names carry the consignment's key, so that a `resumed` one finds what an earlier
 * attempt stored. Files that a killed process left in `tmp` are removed by its retry, or 36 hours later, as Maildir says.
 */
export function createMaildir(options: MaildirOptions): Delivery {
  const { root, now, files = nodeFiles, endingGraceMs = ENDING_GRACE_MS } = options;
  const store = { root, files, mailboxes: createMailboxes(files), nameMessage: createMessageNames(options), doubtful: createDoubtful() };
  const sweep = createSweep(files, now);
  const recounts = createRecounts((mailbox, signal) => countUsage(files, mailbox, signal));
  return {
    utf8: true,
    async admits(target, sizeBytes, signal) {
      try {
        signal.throwIfAborted();
        return await judgeQuota(target, sizeBytes, () => recounts.count(mailboxPath(root, target.address).mailbox, signal));
      } catch (error) {
        return { kind: 'fault', detail: describeFileError(`counting the mailbox ${target.address}`, error) };
      }
    },
    async deliver(consignment) {
      const { copies, signal, resumed } = consignment;
      const ending = { signal, graceMs: endingGraceMs, doubted: resumed };
      const met = new Set<string>();
      const outcomes = await mapBounded(copies, COPIES_AT_ONCE, (copy) =>
        untilEnded((watch) => storeCopy(store, { consignment, copy, met }, watch), ending),
      );
      for (const { target } of copies) sweep.visit(mailboxPath(root, target.address).mailbox);
      return outcomes;
    },
    // Nothing is held open between messages.
    async close() {
      sweep.close();
    },
  };
}
