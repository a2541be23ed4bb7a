import type { Entry, Keeper, OpenArchive } from '../formats/format.ts';
import { ARCHIVE_MIN_BYTES } from '../limits.ts';
import type { EmscriptenFs } from './emscripten.ts';
import { type ListedMember, readListing } from './listing.ts';
import { Enough, type Run, runSevenZip } from './program.ts';
import { mountSink } from './sink.ts';

/** How an archive is read with 7-Zip. */
export interface SevenZipOptions {
  /** 7-Zip's name of the format. */
  readonly type: string;
  /** The name of a member without one; such a member is implied. */
  readonly impliedName?: string;
  /** Names were added already, from a better source: only contents are wanted. */
  readonly known?: ReadonlyMap<string, Entry>;
  /** ... and only those of them. */
  readonly onlyKnown?: boolean;
  /** Sees every listed member before it is added. */
  listed?(member: ListedMember): void;
  /** Gets the keeper of a member, and may put its own before it. */
  around?(entry: Entry, keeper: Keeper): Keeper;
}

const PROBLEM = /^(?:ERROR: )?(Unsupported Method|Unsupported)/u;
const ENCRYPTED = /Wrong password|encrypted/u;

/** Lists an archive and unpacks what has to be looked at. */
export async function readWithSevenZip(archive: OpenArchive, options: SevenZipOptions): Promise<void> {
  const module = await archive.wasm.sevenZip();
  const run = await runSevenZip({ module, bytes: archive.bytes, args: ['l', '-slt', `-t${options.type}`] });
  if (run.asked) {
    archive.locked();
    return;
  }
  const { members, types, damaged } = readListing(run.lines);
  const image = IMAGES.has(types.at(-1) ?? '');
  if (damaged || run.exitCode === undefined || run.exitCode > 1) archive.problem('error');
  const wanted = members.filter((member) => addMember(archive, options, member));
  // Its view of the names is not ours, so it cannot be told which members to unpack.
  if (options.onlyKnown === true && options.known !== undefined && wanted.length < options.known.size) archive.problem('unsupported');
  // Entries are looked up by path when they are unpacked.
  if (wanted.length === 0 || archive.full) return;
  const clear = wanted.map((member) => member.path);
  const all = options.onlyKnown !== true && members.every((member) => member.directory || !member.encrypted);
  await unpack(archive, options, { module, paths: all ? undefined : clear, count: wanted.length, image });
}

/** Formats whose folders say how long their lists are. In others a folder with data becomes a file for some unpackers. */
const FOLDERS_HAVE_SIZES: ReadonlySet<string> = new Set(['*', 'Iso', 'Udf', 'wim', 'Compound', 'Nsis', 'Chm']);

/** What it calls disks, and what divides them: their members are partitions, which somebody must be able to read. */
const IMAGES: ReadonlySet<string> = new Set(['VHD', 'VHDX', 'VMDK', 'VDI', 'QCOW', 'MBR', 'GPT', 'APM', 'LVM', 'LP', 'Sparse']);

const entries = new WeakMap<OpenArchive, Map<string, Entry>>();

function entriesOf(archive: OpenArchive): Map<string, Entry> {
  const map = entries.get(archive) ?? new Map<string, Entry>();
  entries.set(archive, map);
  return map;
}

/** Adds one member; true when its content has to be looked at. */
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

/** What is to be unpacked. */
interface Work {
  readonly module: WebAssembly.Module;
  /** Undefined: everything. */
  readonly paths: readonly string[] | undefined;
  /** Members that are wanted. */
  readonly count: number;
  /** They are partitions and file systems. */
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
  const run = await runSevenZip({ module, bytes: archive.bytes, progress, args, prepare });
  keeping.close();
  if (keeping.enough) return;
  judge(archive, run);
  // A list of names cannot hold every name: line ends, spaces at their end.
  if (paths?.some((path) => !keeping.opened.has(path)) === true) archive.problem('error');
}

/** What 7-Zip complained about while it unpacked. */
function judge(archive: OpenArchive, run: Run): void {
  if (run.exitCode !== undefined && run.exitCode < 2) return;
  const complaints = run.lines.filter((line) => line.startsWith('ERROR'));
  if (complaints.length > 0 && complaints.every((line) => ENCRYPTED.test(line))) return;
  // Links that cannot be made here are no damage.
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
      // 7-Zip changes names that a system could not write; such a one is a further name of the member.
      const entry = byPath.get(path) ?? only ?? archive.add({ name: path });
      if (entry === undefined) return;
      const plain = archive.keep(entry, { ...(streams && { packedBytes: readBytes }), image });
      keeper = options.around?.(entry, plain) ?? plain;
    },
    write(chunk: Buffer) {
      const goesOn = keeper?.write(chunk) ?? false;
      // Members behind one that is too large are still wanted, until the last.
      if (goesOn || (!archive.full && opened.size < count)) return;
      enough = true;
      throw new Enough();
    },
  };
}
