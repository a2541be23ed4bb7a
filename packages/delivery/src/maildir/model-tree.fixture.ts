import { basename, dirname, sep } from 'node:path';

/** A file of the model: its bytes, and those that a power cut leaves. */
export interface FileNode {
  readonly kind: 'file';
  bytes: Buffer;
  synced: Buffer;
  /** In milliseconds since 1970. */
  readonly changedAt: number;
}

/** A directory of the model: its names, and those that a power cut leaves. */
export interface DirectoryNode {
  readonly kind: 'directory';
  readonly names: Map<string, FileNode | DirectoryNode>;
  synced: ReadonlyMap<string, FileNode | DirectoryNode>;
}

/** An error as the system makes them. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: planted`), { code });
}

/** An empty directory. */
export function newDirectory(): DirectoryNode {
  return { kind: 'directory', names: new Map(), synced: new Map() };
}

/** An empty file. */
export function newFile(): FileNode {
  return { kind: 'file', bytes: Buffer.alloc(0), synced: Buffer.alloc(0), changedAt: 0 };
}

/** The directory at an absolute path, or `ENOENT`. */
export function directoryAt(top: DirectoryNode, path: string): DirectoryNode {
  let node = top;
  for (const name of path.split(sep).filter((part) => part !== '')) {
    const next = node.names.get(name);
    if (next?.kind !== 'directory') throw systemError('ENOENT');
    node = next;
  }
  return node;
}

/** The names of the directory that holds `path`, and its last part. */
export function placeOf(top: DirectoryNode, path: string): { readonly names: DirectoryNode['names']; readonly name: string } {
  return { names: directoryAt(top, dirname(path)).names, name: basename(path) };
}

/** The file at an absolute path, or `ENOENT`. */
export function fileAt(top: DirectoryNode, path: string): FileNode {
  const { names, name } = placeOf(top, path);
  const node = names.get(name);
  if (node?.kind !== 'file') throw systemError('ENOENT');
  return node;
}

/** All files below a directory with their texts; `onlySynced`: what a power cut leaves. */
export function listFiles(directory: DirectoryNode, path: string, onlySynced: boolean): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, node] of onlySynced ? directory.synced : directory.names) {
    const here = `${path}/${name}`;
    if (node.kind === 'file') found.set(here, (onlySynced ? node.synced : node.bytes).toString());
    else for (const [below, text] of listFiles(node, here, onlySynced)) found.set(below, text);
  }
  return found;
}
