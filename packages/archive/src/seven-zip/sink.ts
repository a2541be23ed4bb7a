import type { EmscriptenFs, FsNode } from './emscripten.ts';

/** Takes what 7-Zip unpacks. May throw `Enough` to end the run. */
export interface SinkTarget {
  /** Called when a file is begun; the one before it is over then. `path`: below the target folder. */
  open(path: string): void;
  write(chunk: Buffer): void;
}

const OUTPUT = '/out';
const DIRECTORY = 0o040_000;
const TYPE = 0o170_000;
/** Emscripten's numbers (WASI). */
const ENOENT = 44;
const NOW = new Date(0);

/** A write-only file system: each file is handed on as it comes, and nothing is stored. */
export function mountSink(fs: EmscriptenFs, target: SinkTarget): string {
  let written: FsNode | undefined;

  const directoryOps = {
    getattr,
    setattr: () => undefined,
    lookup(): never {
      throw new fs.ErrnoError(ENOENT);
    },
    mknod: (parent: FsNode, name: string, mode: number) => createNode(parent, name, mode),
    rename: () => undefined,
    unlink: () => undefined,
    rmdir: () => undefined,
    readdir: () => ['.', '..'],
    // Links are names like others; where they lead does not matter, since nothing is written through them.
    symlink: (parent: FsNode, name: string) => createNode(parent, name, 0o120_777),
  };
  const fileOps = { getattr, setattr: () => undefined, readlink: () => '' };
  const streamOps = {
    llseek: (_stream: unknown, offset: number) => offset,
    read: () => 0,
    write(stream: { readonly node: FsNode }, source: Uint8Array, offset: number, length: number) {
      if (written !== stream.node) target.open(pathOf(stream.node));
      written = stream.node;
      stream.node.usedBytes = (stream.node.usedBytes ?? 0) + length;
      target.write(Buffer.from(source.buffer, source.byteOffset + offset, length));
      return length;
    },
  };
  function createNode(parent: FsNode | null, name: string, mode: number): FsNode {
    const node = fs.createNode(parent, name, mode, 0);
    const directory = (mode & TYPE) === DIRECTORY;
    node.node_ops = directory ? directoryOps : fileOps;
    node.stream_ops = directory ? { llseek: streamOps.llseek } : streamOps;
    node.usedBytes = 0;
    return node;
  }
  fs.mkdir(OUTPUT);
  fs.mount({ mount: () => createNode(null, '/', DIRECTORY | 0o777) }, {}, OUTPUT);
  return OUTPUT;
}

function getattr(node: FsNode): object {
  const size = node.usedBytes ?? 0;
  const times = { atime: NOW, mtime: NOW, ctime: NOW };
  return {
    dev: 1,
    ino: 1,
    mode: node.mode,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size,
    ...times,
    blksize: 4096,
    blocks: Math.ceil(size / 4096),
  };
}

function pathOf(node: FsNode): string {
  const names: string[] = [];
  // The root of a mount is its own parent.
  for (let at: FsNode | undefined = node; at?.parent !== undefined && at.parent !== at; at = at.parent) names.unshift(at.name);
  return names.join('/');
}
