import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The messages in a mailbox below a Maildir root, oldest first, as octets in latin1. Finds the mailbox by the address's parts in the path, so that it does not
 * depend on how the folders are nested. What still lies in `tmp` is no message.
 */
export function readMaildir(root: string, address: string): readonly string[] {
  const at = address.lastIndexOf('@');
  const parts = new Set([address.slice(0, at), address.slice(at + 1), address]);
  return listFiles(root)
    .filter((path) => {
      const segments = path.split('/');
      const named = segments.includes(address) || segments.filter((segment) => parts.has(segment)).length >= 2;
      return named && /\/(?:new|cur)\/[^/]+$/u.test(path);
    })
    .map((path) => ({ path: join(root, path), modified: statSync(join(root, path)).mtimeMs }))
    .sort((a, b) => a.modified - b.modified || a.path.localeCompare(b.path))
    .map((file) => readFileSync(file.path, 'latin1'));
}

/** Every file below a Maildir root, relative to it: to show that nothing is left behind. */
export function listFiles(root: string): readonly string[] {
  const exists = statSync(root, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!exists) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}
