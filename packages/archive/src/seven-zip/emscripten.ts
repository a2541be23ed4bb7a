/** A node of Emscripten's file system, as far as we touch it. */
export interface FsNode {
  name: string;
  mode: number;
  usedBytes?: number;
  parent?: FsNode;
  stream_ops: object;
  node_ops: object;
}

/** Emscripten's file system, as far as we use it. */
export interface EmscriptenFs {
  create(path: string, mode: number): FsNode;
  mkdir(path: string): FsNode;
  mount(type: object, options: object, path: string): FsNode;
  createNode(parent: FsNode | null, name: string, mode: number, device: number): FsNode;
  ErrnoError: new (code: number) => Error;
  writeFile(path: string, data: Uint8Array): void;
}

/** The started program. */
export interface Program {
  readonly FS: EmscriptenFs;
  callMain(args: readonly string[]): unknown;
}

const USED = ['create', 'mkdir', 'mount', 'createNode', 'ErrnoError', 'writeFile'];

/** Whether a module has what we use of it. */
export function isProgram(module: unknown): module is Program {
  if (typeof module !== 'object' || module === null || !('FS' in module) || !('callMain' in module)) return false;
  const { FS: fs, callMain } = module;
  if (typeof fs !== 'object' || fs === null || typeof callMain !== 'function') return false;
  return USED.every((name) => typeof Reflect.get(fs, name) === 'function');
}
