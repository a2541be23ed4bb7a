import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DIRECTORY_NAME_MAX } from '../limits.ts';

const HASH_CHARS = 64;

/**
 * The name of the directory of a local part or domain. Octets (UTF-8) other than `a-z 0-9 . _ + = -` become `%xx`, and
 * so does a leading dot. No name is `.` or `..`, is hidden or contains a slash, and different texts get different
 * names, also on file systems that ignore case. A text of more than 200 characters becomes its beginning, `~` and its
 * SHA-256; `~` occurs in no other name. The empty text becomes `%`.
 */
export function directoryName(text: string): string {
  if (text === '') return '%';
  let name = '';
  for (const octet of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(octet);
    const plain = /[a-z0-9_+=-]/u.test(char) || (char === '.' && name !== '');
    name += plain ? char : `%${octet.toString(16).padStart(2, '0')}`;
  }
  if (name.length <= DIRECTORY_NAME_MAX) return name;
  const hash = createHash('sha256').update(text).digest('hex');
  return `${name.slice(0, DIRECTORY_NAME_MAX - HASH_CHARS - 1)}~${hash}`;
}

/** The directories from the root to a mailbox, outermost first. */
export interface MailboxPath {
  readonly root: string;
  readonly domain: string;
  readonly mailbox: string;
}

/** The path of the mailbox `local@domain`: `root/domain/local`. */
export function mailboxPath(root: string, address: string): MailboxPath {
  const at = address.lastIndexOf('@');
  const domain = join(root, directoryName(at === -1 ? '' : address.slice(at + 1)));
  return { root, domain, mailbox: join(domain, directoryName(at === -1 ? address : address.slice(0, at))) };
}
