import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Paths relative to the repository's root, with forward slashes, and their texts. Rules know nothing else of the world. */
export type Tree = ReadonlyMap<string, string>;

/** Bound of `git ls-files`. */
const LIST_TIMEOUT_MS = 20_000;
const LIST_MAX_BYTES = 16 * 1024 * 1024;
/** Longer files hold data, which no rule reads. */
const TEXT_MAX_BYTES = 1024 * 1024;

/** A tree out of a plain object, for planted violations. */
export function treeOf(files: Readonly<Record<string, string>>): Tree {
  return new Map(Object.entries(files));
}

/** Everything that is committed or would be: git's files, and new ones that it does not ignore. Binary files are left out. */
export function readTree(root: string): Tree {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const run = spawnSync('git', args, { cwd: root, encoding: 'utf8', timeout: LIST_TIMEOUT_MS, maxBuffer: LIST_MAX_BYTES });
  if (run.status !== 0) throw new Error(`git cannot list the files of ${root}: ${run.error?.message ?? run.stderr.trim()}`);
  const tree = new Map<string, string>();
  for (const path of run.stdout.split('\0').filter((one) => one !== '')) {
    const text = readText(join(root, path));
    if (text !== undefined) tree.set(path, text);
  }
  return tree;
}

function readText(path: string): string | undefined {
  // A file may be listed and yet be gone: deleted, not committed.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size > TEXT_MAX_BYTES) return undefined;
  const text = readFileSync(path, 'utf8');
  return text.includes('\0') ? undefined : text;
}
