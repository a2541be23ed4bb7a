import type { MaildirFile, MaildirFiles } from './files.ts';
import { type DirectoryNode, directoryAt, type FileNode, fileAt, listFiles, newDirectory, newFile, placeOf } from './model-tree.fixture.ts';

/** What is asked of the disk. */
export type Operation = 'makeDirectory' | 'createFile' | 'write' | 'sync' | 'close' | 'rename' | 'unlink' | 'syncDirectory';

/**
 * For tests: a disk that forgets at a power cut whatever was not synced, writes down what was asked, and fails where it
 * is told to.
 */
export interface ModelDisk {
  readonly files: MaildirFiles;
  /** `operation path`, in order. */
  readonly log: readonly string[];
  /** Paths of all files, with their texts. */
  list(): ReadonlyMap<string, string>;
  /** The same, after a power cut. */
  listAfterPowerCut(): ReadonlyMap<string, string>;
}

/**
 * Is asked before each operation, with how many of its kind there were, this one included. What it throws is what the
 * system says.
 */
export type Plan = (operation: Operation, path: string, count: number) => void | Promise<void>;

type Ask = (operation: Operation, path: string) => Promise<void>;

/** Creates a disk that has the directories `/` and `/mail` only. */
export function createModelDisk(plan: Plan = () => undefined): ModelDisk {
  const top = newDirectory();
  top.names.set('mail', newDirectory());
  top.synced = new Map(top.names);
  const log: string[] = [];
  const counts = new Map<Operation, number>();
  async function ask(operation: Operation, path: string): Promise<void> {
    log.push(`${operation} ${path}`);
    const count = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, count);
    await plan(operation, path, count);
  }
  return {
    files: modelFiles(top, ask),
    log,
    list: () => listFiles(top, '', false),
    listAfterPowerCut: () => listFiles(top, '', true),
  };
}

function modelFiles(top: DirectoryNode, ask: Ask): MaildirFiles {
  return {
    async makeDirectory(path) {
      await ask('makeDirectory', path);
      const { names, name } = placeOf(top, path);
      if (!names.has(name)) names.set(name, newDirectory());
    },
    async createFile(path) {
      await ask('createFile', path);
      const file = newFile();
      const { names, name } = placeOf(top, path);
      names.set(name, file);
      return openFile(path, file, ask);
    },
    async rename(from, to) {
      await ask('rename', to);
      const file = fileAt(top, from);
      const [source, target] = [placeOf(top, from), placeOf(top, to)];
      source.names.delete(source.name);
      target.names.set(target.name, file);
    },
    async unlink(path) {
      await ask('unlink', path);
      fileAt(top, path);
      const { names, name } = placeOf(top, path);
      names.delete(name);
    },
    async syncDirectory(path) {
      await ask('syncDirectory', path);
      const directory = directoryAt(top, path);
      directory.synced = new Map(directory.names);
    },
    async identify(path) {
      directoryAt(top, path);
      return path;
    },
    async *names(path) {
      yield* [...directoryAt(top, path).names.keys()];
    },
    sizeOf: async (path) => fileAt(top, path).bytes.length,
    lastChangeOf: async (path) => fileAt(top, path).changedAt,
  };
}

function openFile(path: string, file: FileNode, ask: Ask): MaildirFile {
  return {
    async write(bytes) {
      await ask('write', path);
      file.bytes = Buffer.concat([file.bytes, bytes]);
    },
    async sync() {
      await ask('sync', path);
      file.synced = file.bytes;
    },
    close: () => ask('close', path),
  };
}
