import { throwIfAborted } from '@vratny/waiting';
import { mapBounded } from './bounded-map.ts';
import { COPIES_AT_ONCE, ENDING_GRACE_MS } from './limits.ts';
import { mailboxPath } from './maildir/directory-name.ts';
import { untilEnded } from './maildir/ending.ts';
import { describeFileError, type MaildirFiles } from './maildir/files.ts';
import { createMailboxes } from './maildir/mailboxes.ts';
import { nodeFiles } from './maildir/node-files.ts';
import { createRecounts } from './maildir/recounts.ts';
import { storeCopy } from './maildir/store-copy.ts';
import { createSweep } from './maildir/sweep.ts';
import { createMessageNames } from './maildir/unique-name.ts';
import { createUnsynced } from './maildir/unsynced.ts';
import { surveyMailbox } from './maildir/usage.ts';
import type { Delivery } from './port.ts';
import { judgeQuota } from './quota.ts';

/** Options of {@link createMaildir}. */
export interface MaildirOptions {
  /**
   * `root/<domain>/<local>/{tmp,new,cur}`. The root must exist; it is not created, since its volume may not be mounted.
   */
  readonly root: string;
  /** Name of this node. Each node that writes to the same root needs another one. */
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
 * Mailboxes as Maildir directories with mode 0700 and files with mode 0600. Lines keep CRLF on disk (Dovecot reads both
 * forms), so that the stored message is octet for octet the one that was scanned and signed. Two copies for the same
 * target in one request are two messages. A mailbox is never `unknown` here: the directory says which exist.
 *
 * Mailboxes with a quota are counted before a message is written. The name of the file in `tmp` contains its size and
 * reserves the room for all processes and hosts that write to the same root. File names contain the key of the request,
 * so that a `resumed` request finds the copies of an earlier attempt. Files that a killed process left in `tmp` are
 * removed by the retry, or after 36 hours.
 */
export function createMaildir(options: MaildirOptions): Delivery {
  const { root, now, files = nodeFiles, endingGraceMs = ENDING_GRACE_MS } = options;
  const surveys = createRecounts((mailbox, signal) => surveyMailbox(files, mailbox, signal));
  const store = {
    root,
    files,
    mailboxes: createMailboxes(files),
    nameMessage: createMessageNames(options),
    unsynced: createUnsynced(),
    surveys,
  };
  const sweep = createSweep(files, now);
  return {
    utf8: true,
    async admits(target, sizeBytes, signal) {
      try {
        throwIfAborted(signal);
        // Fails here, before the message is sent, when the volume is not mounted.
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
      const ending = { signal, graceMs: endingGraceMs, resumed };
      const seen = new Set<string>();
      const outcomes = await mapBounded(copies, COPIES_AT_ONCE, (copy) =>
        untilEnded((watch) => storeCopy(store, { request, copy, seen }, watch), ending),
      );
      for (const { target } of copies) sweep.schedule(mailboxPath(root, target.address).mailbox);
      return outcomes;
    },
    // No file stays open between messages.
    async close() {
      sweep.close();
    },
  };
}
