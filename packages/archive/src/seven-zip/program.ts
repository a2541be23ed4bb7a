import sevenZipPackage from '7z-wasm';
import type { Bytes } from '../bytes.ts';
import { PRINTED_LINES_MAX } from '../limits.ts';
import type { MachineWork } from '../reader-failure.ts';

/** What one run did. */
export interface Run {
  /** 0 good, 1 warnings, 2 errors; undefined: it broke off, or printed more than we read. */
  readonly exitCode: number | undefined;
  readonly lines: readonly string[];
  /** It asked for a password. */
  readonly asked: boolean;
}

/** Ends a run from inside its own input or output. */
export class Enough extends Error {}

/** Where in the archive 7-Zip has read up to. */
interface Progress {
  readBytes: number;
}

/** What a run gets besides its arguments. */
interface RunOptions {
  readonly module: WebAssembly.Module;
  readonly bytes: Bytes;
  readonly machine: MachineWork;
  /** The name of the archive itself is put in behind the first one. */
  readonly args: readonly string[];
  readonly progress?: Progress;
  /** Prepares the file system: the archive is there already. */
  prepare?(fs: EmscriptenFs): void;
}

const INPUT = '/archive';
const SWITCHES = ['-sccUTF-8', '-scsUTF-8', '-spd', '-bd', '-bb0', '-y'];

/** Runs 7-Zip once, in an instance of its own: its globals do not survive a second run. */
export async function runSevenZip(options: RunOptions): Promise<Run> {
  const lines: string[] = [];
  let asked = false;
  let full = false;
  const print = (line: string) => {
    if (line.startsWith('Enter password')) asked = true;
    if (full) return;
    full = lines.length >= PRINTED_LINES_MAX;
    // Once: what it prints when it is broken off would be broken off again, for ever.
    if (full) throw new Enough();
    lines.push(line);
  };
  const program = await options.machine.wait('starting 7-Zip', () => start(options.module, print));
  plant(program.FS, options);
  const [command = 'l', ...rest] = options.args;
  let exitCode: number | undefined;
  try {
    const code = program.callMain([command, ...SWITCHES, INPUT, ...rest]);
    exitCode = typeof code === 'number' && !full ? code : undefined;
  } catch {
    // C++ exceptions arrive as numbers, ours as themselves: the run broke off.
  }
  return { exitCode, lines, asked };
}

async function start(module: WebAssembly.Module, print: (line: string) => void): Promise<Program> {
  const program: unknown = await factory()({
    print,
    printErr: print,
    // No password is ever typed.
    stdin: () => null,
    // By default it sets the exit code of this whole process.
    quit: () => undefined,
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) {
      done(new WebAssembly.Instance(module, imports), module);
      return {};
    },
  });
  if (!isProgram(program)) throw new Error('7z-wasm is not what it was');
  return program;
}

/** The package's main file is CommonJS whose export is the function; its types promise a default export. */
function factory(): (options: object) => Promise<unknown> {
  const found: unknown = sevenZipPackage;
  const candidate: unknown = typeof found === 'object' && found !== null && 'default' in found ? found.default : found;
  if (typeof candidate !== 'function') throw new Error('7z-wasm has no factory');
  return (options) => Promise.resolve(Reflect.apply(candidate, undefined, [options]));
}

/** Lets the archive appear as a file that is read through us: nothing is copied into the program's memory. */
function plant(fs: EmscriptenFs, options: RunOptions): void {
  const { bytes, progress } = options;
  const node: FsNode = fs.create(INPUT, 0o100_400);
  node.usedBytes = bytes.sizeBytes;
  node.stream_ops = {
    ...node.stream_ops,
    read(_stream: unknown, target: Uint8Array, offset: number, length: number, position: number) {
      const chunk = bytes.read(position, position + length);
      target.set(chunk, offset);
      if (progress !== undefined) progress.readBytes = Math.max(progress.readBytes, position + chunk.length);
      return chunk.length;
    },
  };
  options.prepare?.(fs);
}

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
interface Program {
  readonly FS: EmscriptenFs;
  callMain(args: readonly string[]): unknown;
}

const USED = ['create', 'mkdir', 'mount', 'createNode', 'ErrnoError', 'writeFile'];

/** Whether a module has what we use of it. */
function isProgram(module: unknown): module is Program {
  if (typeof module !== 'object' || module === null || !('FS' in module) || !('callMain' in module)) return false;
  const { FS: fs, callMain } = module;
  if (typeof fs !== 'object' || fs === null || typeof callMain !== 'function') return false;
  return USED.every((name) => typeof Reflect.get(fs, name) === 'function');
}
