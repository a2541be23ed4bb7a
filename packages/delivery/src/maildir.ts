import { throwIfAborted } from '@vratny/waiting';
import { mapBounded } from './bounded-map.ts';
import { COPIES_AT_ONCE, ENDING_GRACE_MS } from './limits.ts';
import { mailboxPath } from './maildir/directory-name.ts';
import { createDoubtful } from './maildir/doubtful.ts';
import { untilEnded } from './maildir/ending.ts';
import { describeFileError, type MaildirFiles } from './maildir/files.ts';
import { createMailboxes } from './maildir/mailboxes.ts';
import { nodeFiles } from './maildir/node-files.ts';
import { createRecounts } from './maildir/recounts.ts';
import { storeCopy } from './maildir/store-copy.ts';
import { createSweep } from './maildir/sweep.ts';
import { createMessageNames } from './maildir/unique-name.ts';
import { surveyMailbox } from './maildir/usage.ts';
import type { Delivery } from './port.ts';
import { judgeQuota } from './quota.ts';

/** Where the mailboxes are and what names of messages are made of. */
export interface MaildirOptions {
  /** `root/<domain>/<local>/{tmp,new,cur}`. It must exist: below a volume that is not mounted nothing is made. */
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
 * scanned, hashed and signed is what lies in the mailbox. Two copies for the same target in one request are two messages. Mailboxes
 * are never unknown here: the directory says who exists. Those with a quota are counted again before a message is written, and the name of the file that is being
 * written keeps its room free, for all processes and hosts that write to the same root. Names carry the request's key, so that a `resumed` one finds what an earlier
 * attempt stored. Files that a killed process left in `tmp` are removed by its retry, or 36 hours later, as Maildir says.
 */
export function createMaildir(options: MaildirOptions): Delivery {
  const { root, now, files = nodeFiles, endingGraceMs = ENDING_GRACE_MS } = options;
  const surveys = createRecounts((mailbox, signal) => surveyMailbox(files, mailbox, signal));
  const store = {
    root,
    files,
    mailboxes: createMailboxes(files),
    nameMessage: createMessageNames(options),
    doubtful: createDoubtful(),
    surveys,
  };
  const sweep = createSweep(files, now);
  return {
    utf8: true,
    async admits(target, sizeBytes, signal) {
      try {
        throwIfAborted(signal);
        // A volume that is not mounted is said before the message is sent.
        await files.identify(root);
        return await judgeQuota(
          target,
          sizeBytes,
          async () => (await surveys.count(mailboxPath(root, target.address).mailbox, signal)).storedBytes,
        );
      } catch (error) {
        return { kind: 'fault', detail: describeFileError(`counting the mailbox ${target.address}`, error) };
      }
    },
    async deliver(request) {
      const { copies, signal, resumed } = request;
      const ending = { signal, graceMs: endingGraceMs, doubted: resumed };
      const met = new Set<string>();
      const outcomes = await mapBounded(copies, COPIES_AT_ONCE, (copy) =>
        untilEnded((watch) => storeCopy(store, { request, copy, met }, watch), ending),
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
