import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from '@vratny/support/maildir';
import type { StoredCopy } from './compare.ts';

/** Every message below a Maildir root, whoever it belongs to. */
export function readMaildirCopies(root: string): readonly StoredCopy[] {
  return listFiles(root).flatMap((where) => {
    const folder = where.split('/')[2];
    if (folder !== 'new' && folder !== 'cur') return [];
    return [{ mailbox: mailboxOf(where), bytes: readFileSync(join(root, where)), where }];
  });
}

/** What unfinished deliveries left in `tmp`. A killed process may leave something there: it is no message, and the mailbox's reader removes it. */
export function listUnfinished(root: string): readonly string[] {
  return listFiles(root).filter((where) => where.split('/')[2] === 'tmp');
}

/** Whose a file below the root is. */
export function mailboxOf(where: string): string {
  const [domain, local] = where.split('/');
  return `${local}@${domain}`;
}
