import { type MailStore, parseMailStore, type Reading } from '@vratny/config';

/**
 * Reads the store that a mailbox names in the directory: what `delivery:` takes, but for relative paths. All nodes read the directory, and a site
 * file of each of them may lie somewhere else.
 */
export function readMailboxStore(text: string): Reading<MailStore> {
  if (/^(?:maildir|lmtp\+unix):(?!\/)./u.test(text)) return { ok: false, message: 'needs an absolute path: every node reads it' };
  return parseMailStore(text, { baseDirectory: '/' });
}
