import sevenZipPackage from '7z-wasm';
import type { Bytes } from '../bytes.ts';
import { PRINTED_LINES_MAX } from '../limits.ts';
import type { MachineWork } from '../reader-failure.ts';

/** What one run did. */
export interface Run {
  /** 0 success, 1 warnings, 2 errors; undefined: the run was aborted, or printed more than we read. */
  readonly exitCode: number | undefined;
  readonly lines: readonly string[];
  /** It asked for a password. */
  readonly asked: boolean;
}

/** Thrown inside a run's input or output to end the run. */
export class Enough extends Error {}

/** The offset in the archive up to which 7-Zip has read. */
interface Progress {
  readBytes: number;
}

/** What a run needs besides its arguments. */
interface RunOptions {
  readonly module: WebAssembly.Module;
  readonly bytes: Bytes;
  readonly machine: MachineWork;
  /** The name of the archive is inserted after the first argument. */
  readonly args: readonly string[];
  readonly progress?: Progress;
  /** Prepares the file system, which already has the archive. */
  prepare?(fs: EmscriptenFs): void;
}

const INPUT = '/archive';
const SWITCHES = ['-sccUTF-8', '-scsUTF-8', '-spd', '-bd', '-bb0', '-y'];

/** Runs 7-Zip once, in a new instance, since its global variables do not allow a second run. */
export async function runSevenZip(options: RunOptions): Promise<Run> {
  const lines: string[] = [];
  let asked = false;
  let full = false;
  const print = (line: string) => {
    if (line.startsWith('Enter password')) asked = true;
    if (full) return;
    full = lines.length >= PRINTED_LINES_MAX;
    // Thrown once: the output of an aborted run would be aborted again without end.
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
    // C++ exceptions arrive as numbers, ours as they are: the run was aborted.
  }
  return { exitCode, lines, asked };
}

async function start(module: WebAssembly.Module, print: (line: string) => void): Promise<Program> {
  const program: unknown = await factory()({
    print,
    printErr: print,
    // There is no input, so no password.
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

/** The package exports the function by CommonJS; its types declare a default export. */
function factory(): (options: object) => Promise<unknown> {
  const found: unknown = sevenZipPackage;
  const candidate: unknown = typeof found === 'object' && found !== null && 'default' in found ? found.default : found;
  if (typeof candidate !== 'function') throw new Error('7z-wasm has no factory');
  return (options) => Promise.resolve(Reflect.apply(candidate, undefined, [options]));
}

/** Presents the archive as a file whose reads we answer: it is not copied into the program's memory. */
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

/** The part of a node of Emscripten's file system that we use. */
export interface FsNode {
  name: string;
  mode: number;
  usedBytes?: number;
  parent?: FsNode;
  stream_ops: object;
  node_ops: object;
}

/** The part of Emscripten's file system that we use. */
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

/** Whether a module has the parts that we use. */
function isProgram(module: unknown): module is Program {
  if (typeof module !== 'object' || module === null || !('FS' in module) || !('callMain' in module)) return false;
  const { FS: fs, callMain } = module;
  if (typeof fs !== 'object' || fs === null || typeof callMain !== 'function') return false;
  return USED.every((name) => typeof Reflect.get(fs, name) === 'function');
}
