import type { Entry, Keeper, OpenArchive } from '../formats/format.ts';
import { ARCHIVE_MIN_BYTES } from '../limits.ts';
import { type EmscriptenFs, Enough, type FsNode, type Run, runSevenZip } from './program.ts';

/** How an archive is read with 7-Zip. */
interface SevenZipOptions {
  /** 7-Zip's name of the format. */
  readonly type: string;
  /** The name of a member without one; such a member is implied. */
  readonly impliedName?: string;
  /** The names were already added from a better source; only contents are read. */
  readonly known?: ReadonlyMap<string, Entry>;
  /** Only the contents of these members are read. */
  readonly onlyKnown?: boolean;
  /** Called with every listed member before it is added. */
  listed?(member: ListedMember): void;
  /** Called with the keeper of a member; may return another one that wraps it. */
  around?(entry: Entry, keeper: Keeper): Keeper;
}

const PROBLEM = /^(?:ERROR: )?(Unsupported Method|Unsupported)/u;
const ENCRYPTED = /Wrong password|encrypted/u;

/** Lists an archive and unpacks the members that must be searched. */
export async function readWithSevenZip(archive: OpenArchive, options: SevenZipOptions): Promise<void> {
  const module = await archive.wasm.sevenZip();
  const run = await runSevenZip({ module, bytes: archive.bytes, machine: archive.machine, args: ['l', '-slt', `-t${options.type}`] });
  if (run.asked) {
    archive.locked();
    return;
  }
  const { members, types, damaged } = readListing(run.lines);
  const image = IMAGES.has(types.at(-1) ?? '');
  if (damaged || run.exitCode === undefined || run.exitCode > 1) archive.problem('error');
  const wanted = members.filter((member) => addMember(archive, options, member));
  // 7-Zip does not use our names, so it cannot be told which members to unpack.
  if (options.onlyKnown === true && options.known !== undefined && wanted.length < options.known.size) archive.problem('unsupported');
  // Entries are looked up by path when they are unpacked.
  if (wanted.length === 0 || archive.full) return;
  const clear = wanted.map((member) => member.path);
  const all = options.onlyKnown !== true && members.every((member) => member.directory || !member.encrypted);
  await unpack(archive, options, { module, paths: all ? undefined : clear, count: wanted.length, image });
}

/**
 * Formats whose folders have a size of their own. In others a folder with data is a file for some unpackers.
 */
const FOLDERS_HAVE_SIZES: ReadonlySet<string> = new Set(['*', 'Iso', 'Udf', 'wim', 'Compound', 'Nsis', 'Chm']);

/** 7-Zip's names of disks and partition tables: their members are partitions, which a format must be able to read. */
const IMAGES: ReadonlySet<string> = new Set(['VHD', 'VHDX', 'VMDK', 'VDI', 'QCOW', 'MBR', 'GPT', 'APM', 'LVM', 'LP', 'Sparse']);

const entries = new WeakMap<OpenArchive, Map<string, Entry>>();

function entriesOf(archive: OpenArchive): Map<string, Entry> {
  const map = entries.get(archive) ?? new Map<string, Entry>();
  entries.set(archive, map);
  return map;
}

/** Adds one member; returns true when its content must be searched. */
function addMember(archive: OpenArchive, options: SevenZipOptions, member: ListedMember): boolean {
  options.listed?.(member);
  const name = options.impliedName ?? member.path;
  const { encrypted, sizeBytes } = member;
  const directory = member.directory && (FOLDERS_HAVE_SIZES.has(options.type) || (sizeBytes ?? 0) === 0);
  if (options.onlyKnown === true && options.known?.has(name) !== true) return false;
  const entry =
    options.known?.get(name) ??
    archive.add({
      name,
      directory,
      encrypted,
      implied: options.impliedName !== undefined,
      ...(sizeBytes !== undefined && { unpackedBytes: sizeBytes }),
    });
  if (entry === undefined) return false;
  entriesOf(archive).set(member.path, entry);
  return !directory && !encrypted && (sizeBytes ?? ARCHIVE_MIN_BYTES) >= ARCHIVE_MIN_BYTES;
}

/** Which members to unpack. */
interface Work {
  readonly module: WebAssembly.Module;
  /** Undefined: everything. */
  readonly paths: readonly string[] | undefined;
  /** How many members are wanted. */
  readonly count: number;
  /** The members are partitions and file systems. */
  readonly image: boolean;
}

async function unpack(archive: OpenArchive, options: SevenZipOptions, { module, paths, count, image }: Work): Promise<void> {
  const progress = { readBytes: 0 };
  const keeping = createKeeping(archive, options, { count, image }, () => progress.readBytes);
  const prepare = (fs: EmscriptenFs) => {
    mountSink(fs, keeping);
    if (paths !== undefined) fs.writeFile('/wanted', Buffer.from(paths.join('\n')));
  };
  const args = ['x', `-t${options.type}`, '-aoa', '-o/out', ...(paths === undefined ? [] : ['-i@/wanted'])];
  const run = await runSevenZip({ module, bytes: archive.bytes, machine: archive.machine, progress, args, prepare });
  keeping.close();
  if (keeping.enough) return;
  judge(archive, run);
  // A list file cannot contain all names: line ends, and spaces at the end.
  if (paths?.some((path) => !keeping.opened.has(path)) === true) archive.problem('error');
}

/** The problems that 7-Zip reported while it unpacked. */
function judge(archive: OpenArchive, run: Run): void {
  if (run.exitCode !== undefined && run.exitCode < 2) return;
  const complaints = run.lines.filter((line) => line.startsWith('ERROR'));
  if (complaints.length > 0 && complaints.every((line) => ENCRYPTED.test(line))) return;
  // A link that cannot be created here is no damage.
  if (complaints.length > 0 && complaints.every((line) => /\blink\b/iu.test(line))) return;
  archive.problem(complaints.some((line) => PROBLEM.test(line)) ? 'unsupported' : 'error');
}

function createKeeping(
  archive: OpenArchive,
  options: SevenZipOptions,
  { count, image }: Pick<Work, 'count' | 'image'>,
  readBytes: () => number,
) {
  const byPath = entriesOf(archive);
  const only = byPath.size === 1 ? [...byPath.values()][0] : undefined;
  const opened = new Set<string>();
  let keeper: Keeper | undefined;
  let enough = false;
  const streams = options.impliedName !== undefined;
  const close = () => {
    keeper?.end();
    keeper = undefined;
  };
  return {
    get enough() {
      return enough;
    },
    opened,
    close,
    open(path: string) {
      close();
      opened.add(path);
      // 7-Zip changes names that a system cannot write; the changed name is a further name of the member.
      const entry = byPath.get(path) ?? only ?? archive.add({ name: path });
      if (entry === undefined) return;
      const plain = archive.keep(entry, { ...(streams && { packedBytes: readBytes }), image });
      keeper = options.around?.(entry, plain) ?? plain;
    },
    write(chunk: Buffer) {
      const goesOn = keeper?.write(chunk) ?? false;
      // Members after one that is too large are still wanted.
      if (goesOn || (!archive.full && opened.size < count)) return;
      enough = true;
      throw new Enough();
    },
  };
}

/** One member as `7z l -slt` lists it. */
interface ListedMember {
  /** Empty for formats that store no name. */
  readonly path: string;
  readonly directory: boolean;
  readonly encrypted: boolean;
  readonly sizeBytes: number | undefined;
  readonly method: string;
}

/** A whole listing. */
interface Listing {
  readonly members: readonly ListedMember[];
  /** The formats in which 7-Zip opened the archive, the outermost first. */
  readonly types: readonly string[];
  /** 7-Zip reported that the archive is damaged or truncated. */
  readonly damaged: boolean;
}

const FIRST = '----------';
const DAMAGE =
  /^(ERRORS?:|Errors: |Open Errors: |Can ?not open|Is not archive|Headers Error|Unexpected end|Unavailable|CRC Error|Data Error)/u;

/** Reads the lines that `7z l -slt` printed. */
export function readListing(lines: readonly string[]): Listing {
  const from = lines.indexOf(FIRST);
  const members: ListedMember[] = [];
  let block = new Map<string, string>();
  const close = () => {
    if (block.size > 0) members.push(toMember(block));
    block = new Map();
  };
  for (const line of from === -1 ? [] : lines.slice(from + 1)) {
    const at = line.indexOf(' = ');
    // An empty value is printed without the space.
    const key = at === -1 ? /^([A-Z][A-Za-z0-9 ]*) =$/u.exec(line)?.[1] : line.slice(0, at);
    if (line === '') close();
    else if (key !== undefined && !block.has(key)) block.set(key, at === -1 ? '' : line.slice(at + 3));
  }
  close();
  const types = lines.slice(0, Math.max(0, from)).flatMap((line) => /^Type = (.+)$/u.exec(line)?.[1] ?? []);
  return { members, types, damaged: lines.some((line) => DAMAGE.test(line)) };
}

function toMember(block: ReadonlyMap<string, string>): ListedMember {
  const size = block.get('Size');
  return {
    path: block.get('Path') ?? '',
    // For xar the message is different.
    directory: block.get('Folder') === '+' || block.get('Attributes')?.startsWith('D') === true || block.get('Type') === 'directory',
    encrypted: block.get('Encrypted') === '+',
    sizeBytes: size === undefined || !/^\d+$/u.test(size) ? undefined : Number(size),
    method: block.get('Method') ?? '',
  };
}

/** Receives what 7-Zip unpacks. May throw `Enough` to end the run. */
interface SinkTarget {
  /** Called at the beginning of a file, when the one before it is complete. `path`: below the target folder. */
  open(path: string): void;
  write(chunk: Buffer): void;
}

const OUTPUT = '/out';
const DIRECTORY = 0o040_000;
const TYPE = 0o170_000;
/** Error numbers of Emscripten (WASI). */
const ENOENT = 44;
const NOW = new Date(0);

/** A write-only file system: each file is passed on while it is written, and nothing is stored. */
function mountSink(fs: EmscriptenFs, target: SinkTarget): string {
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
    // A link is a name like any other; its target does not matter, since nothing is written through it.
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
