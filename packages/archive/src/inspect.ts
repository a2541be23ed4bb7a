import { type Bytes, bytesOf, sliceBytes } from './bytes.ts';
import type { Entry, Keeper, KeepOptions, OpenArchive } from './formats/format.ts';
import {
  fulfils,
  looksLikeArchive,
  looksLikeImage,
  namedLikeArchive,
  promisedBy,
  type Recognition,
  recognise,
} from './formats/recognise.ts';
import {
  ARCHIVE_MIN_BYTES,
  HEAD_BYTES,
  READ_BYTES,
  SEARCH_MEMBER_COST_BYTES,
  SEARCH_MEMBER_MAX_BYTES,
  STREAM_RATIO_FLOOR_BYTES,
} from './limits.ts';
import type { ArchiveBudget, ArchiveProblem, ArchiveReport, Spending } from './port.ts';
import { createMachineWork, type MachineWork } from './reader-failure.ts';
import { createStore, type Store } from './store.ts';
import { createTally, type Tally } from './tally.ts';
import type { Wasm } from './wasm.ts';

/** What an inspection needs. */
interface InspectOptions {
  readonly budget: ArchiveBudget;
  /** What the parts of the message before this one have cost. */
  readonly before: Spending;
  readonly wasm: Wasm;
  /** The directory for unpacked archives; in memory when undefined. */
  readonly directory: string | undefined;
  /** Milliseconds since this part was begun. */
  readonly elapsedMs: () => number;
  /** Of the part that is read, whose own file may fail too. */
  readonly machine?: MachineWork;
}

/** What an inspection found, and what it cost. */
interface Inspected {
  readonly report: ArchiveReport;
  /** The cost of this part and those before it. */
  readonly spent: Spending;
  /** It was read as an archive, with or without a result. */
  readonly opened: boolean;
}

/** An archive that is still to be read. */
interface Waiting {
  readonly bytes: Bytes;
  readonly names: readonly string[];
  readonly member: number | undefined;
  readonly depth: number;
  /** A partition or disk: if no format reads it, it is reported as unsupported. */
  readonly image?: boolean;
  /**
   * It is part of an archive that was found after other data of a certain format: its member names are reported, its
   * problems are not.
   */
  readonly behind?: boolean;
  readonly recognitions: readonly Recognition[];
}

interface Inspection extends InspectOptions {
  readonly machine: MachineWork;
  readonly tally: Tally;
  readonly store: Store;
  readonly waiting: Waiting[];
}

/**
 * Reads an archive and the archives in it, within the budget. Never rejects because of what it reads; rejects with
 * `ReaderFailure` when the machine failed, since nothing is known about the archive then.
 */
export async function inspect(bytes: Bytes, names: readonly string[], options: InspectOptions): Promise<Inspected> {
  const tally = createTally({ ...options, packedBytes: bytes.sizeBytes });
  const { machine = createMachineWork() } = options;
  const wasm: Wasm = {
    sevenZip: () => machine.wait('loading 7-Zip', options.wasm.sevenZip),
    unrar: () => machine.wait('loading unrar', options.wasm.unrar),
  };
  const inspection: Inspection = { ...options, tally, machine, wasm, store: createStore(options.directory, machine), waiting: [] };
  let opened = false;
  try {
    opened = enqueue(inspection, { bytes, names, member: undefined, depth: 1 });
    if (opened) tally.begin();
    // The last found is read first, so that the list is no longer than the nesting is deep.
    for (let next = inspection.waiting.pop(); next !== undefined && !tally.meter.stopped; next = inspection.waiting.pop()) {
      await open(inspection, next);
      if (machine.failure !== undefined) break;
    }
  } finally {
    inspection.store.close();
  }
  if (machine.failure !== undefined) throw machine.failure;
  return { report: tally.report(), spent: tally.spent(), opened };
}

/** Adds bytes that are an archive, or are named like one, to the list; false when they are neither. */
function enqueue(inspection: Inspection, what: Omit<Waiting, 'recognitions'>): boolean {
  const { tally, waiting } = inspection;
  const recognitions = recognise(what.bytes, what.names);
  const kinds = recognitions.map((one) => one.format.kind);
  const promised = recognitions.length === 0 ? promisedBy(what.names) : undefined;
  if (promised !== undefined && !isBlank(what.bytes) && what.behind !== true) {
    tally.list.recognised(what.member, [promised.kind]);
    tally.problems.add(what.member, 'misnamed');
  }
  if (kinds.length === 0) return false;
  tally.list.recognised(what.member, kinds);
  if (what.depth > tally.budget.maxDepth) {
    tally.problems.add(what.member, 'too-deep');
    return false;
  }
  waiting.push({ ...what, recognitions });
  return true;
}

async function open(inspection: Inspection, archive: Waiting): Promise<void> {
  const kept: Recognition[] = [];
  let explained = false;
  for (const recognition of archive.recognitions) {
    if (inspection.tally.meter.stopped) return;
    if (!(await readOne(inspection, archive, recognition))) continue;
    kept.push(recognition);
    explained ||= recognition.certain || fulfils(recognition.format, archive.names);
  }
  if (archive.image === true && kept.length === 0 && !inspection.tally.meter.stopped)
    inspection.tally.problems.add(archive.member, 'unsupported');
  // A file that is named like an archive must be one; a signature somewhere in it is not enough.
  if (!explained && archive.behind !== true && !inspection.tally.meter.stopped && promisedBy(archive.names) !== undefined) {
    inspection.tally.problems.add(archive.member, 'misnamed');
  }
  inspection.tally.list.recognised(
    archive.member,
    kept.map((one) => one.format.kind),
  );
}

/** The size of an empty file: none, or one line end that was added in transit. */
const BLANK_MAX_BYTES = 4;

/** An empty file is no damaged archive: programs send such files. */
function isBlank(bytes: Bytes): boolean {
  return bytes.sizeBytes <= BLANK_MAX_BYTES && /^\s*$/u.test(bytes.read(0, BLANK_MAX_BYTES).toString('latin1'));
}

/** Reads the archive in one of its formats; false when it is not of this format. */
async function readOne(inspection: Inspection, archive: Waiting, { format, start, certain, behind, loose }: Recognition): Promise<boolean> {
  const { tally } = inspection;
  const problems: ArchiveProblem[] = [];
  const seen = { members: 0, locked: false };
  const hidden = behind || archive.behind === true;
  const opened = openArchive(inspection, { ...archive, behind: hidden }, start, problems, seen);
  try {
    await format.read(opened);
  } catch {
    problems.push('error');
  }
  const nothing = seen.members === 0 && !seen.locked;
  // The signature is after other data by chance.
  const emptyImage = archive.image === true && start === 0 && problems.length === 0;
  if (emptyImage && nothing) return true;
  if (!certain && nothing && !tally.meter.stopped) return false;
  if (hidden || (loose === true && !fulfils(format, archive.names))) return true;
  if (nothing && problems.length === 0 && !tally.problems.has(archive.member)) problems.push('no-entries');
  for (const problem of problems) tally.problems.add(archive.member, problem);
  return true;
}

function openArchive(
  inspection: Inspection,
  archive: Waiting,
  start: number,
  problems: ArchiveProblem[],
  seen: { members: number; locked: boolean },
): OpenArchive {
  const { tally, store, wasm, machine } = inspection;
  const implied = new Set<number>();
  const wanted = (entry: Entry, bytes: Bytes, image = false) =>
    enqueue(inspection, { ...placeIn(archive, entry, implied.has(entry.index)), bytes, image });
  return {
    bytes: sliceBytes(archive.bytes, start),
    names: archive.names,
    machine,
    wasm,
    get stopped() {
      return tally.meter.stopped;
    },
    get full() {
      return tally.meter.full;
    },
    add(facts) {
      const index = tally.add(archive.member, facts);
      if (index === undefined) return undefined;
      seen.members += 1;
      if (facts.implied === true) implied.add(index);
      return { index, name: facts.name };
    },
    locked() {
      seen.locked = true;
      tally.list.locked(archive.member);
    },
    problem(problem) {
      problems.push(problem);
    },
    worthUnpacking(entry) {
      if (namedLikeArchive(entry.name) || tally.meter.searched(SEARCH_MEMBER_COST_BYTES)) return true;
      tally.unsearched();
      return false;
    },
    unpacked(entry, content) {
      if (
        !tally.meter.unpacked(archive.member, content.length) ||
        (!namedLikeArchive(entry.name) && recognise(bytesOf(content), [entry.name]).length === 0)
      )
        return;
      const draft = store.draft();
      if (draft.write(content) && wanted(entry, draft.view())) draft.keep();
      else draft.drop();
    },
    content(entry, bytes) {
      if (!tally.meter.full && (bytes.sizeBytes >= ARCHIVE_MIN_BYTES || promisedBy([entry.name]) !== undefined)) wanted(entry, bytes);
    },
    partition(entry, bytes) {
      if (!tally.meter.full && !wanted(entry, bytes, true) && !isZero(bytes)) tally.problems.add(entry.index, 'unsupported');
    },
    keep: (entry, options = {}) => createKeeper({ tally, store, parent: archive.member, wanted }, entry, options),
  };
}

/** The place in the report of a member that may be an archive; an implied member is no level of nesting. */
function placeIn(
  { depth, behind = false }: Waiting,
  entry: Entry,
  implied: boolean,
): Pick<Waiting, 'names' | 'member' | 'depth' | 'behind'> {
  return { names: [entry.name], member: entry.index, depth: depth + (implied ? 0 : 1), behind };
}

/** What a keeper needs. */
interface KeepContext {
  readonly tally: Tally;
  readonly store: Store;
  /** The archive that the member lies in. */
  readonly parent: number | undefined;
  /** Called with the complete content; returns true when it is an archive and must be kept. */
  wanted(entry: Entry, bytes: Bytes, image: boolean): boolean;
}

/**
 * Takes a member's content: all of it if its beginning or its name is that of an archive, else so much as is searched
 * for an archive after other data.
 */
function createKeeper(context: KeepContext, entry: Entry, options: KeepOptions): Keeper {
  const { tally, store, parent } = context;
  if (options.image === true) return createImageKeeper(context, entry);
  const draft = store.draft();
  const floorBytes = Math.min(tally.budget.ratioFloorBytes, STREAM_RATIO_FLOOR_BYTES);
  const searchMaxBytes = options.packedBytes === undefined ? SEARCH_MEMBER_MAX_BYTES : floorBytes;
  let mode: 'undecided' | 'archive' | 'search' | 'dropped' = namedLikeArchive(entry.name) ? 'archive' : 'undecided';

  function drop(): false {
    mode = 'dropped';
    draft.drop();
    return false;
  }
  /** Without a declared size, the compression ratio is that of the octets so far. */
  function isBomb(): boolean {
    const packed = options.packedBytes?.();
    return packed !== undefined && draft.sizeBytes > floorBytes && draft.sizeBytes > packed * tally.budget.maxRatio;
  }
  return {
    write(chunk) {
      // Content that is unpacked only to reach other members counts too.
      const goesOn = tally.meter.unpacked(parent, chunk.length);
      if (mode === 'dropped') return false;
      if (!goesOn) return drop();
      if (!draft.write(chunk)) {
        tally.problems.add(parent, 'too-many-bytes');
        return drop();
      }
      if (mode === 'undecided' && draft.sizeBytes >= HEAD_BYTES)
        mode = looksLikeArchive(draft.view().read(0, HEAD_BYTES)) ? 'archive' : 'search';
      if (isBomb()) {
        tally.problems.add(parent, 'too-high-ratio');
        return drop();
      }
      if (mode === 'search' && (!tally.meter.searched(chunk.length) || draft.sizeBytes > searchMaxBytes)) {
        tally.unsearched();
        return drop();
      }
      return true;
    },
    end() {
      if (mode === 'dropped') return;
      mode = 'dropped';
      if (context.wanted(entry, draft.view(), false)) draft.keep();
      else draft.drop();
    },
  };
}

/**
 * Takes a partition: all of it if it begins with a file system that we read. Another one is reported as unsupported,
 * unless it is blank.
 */
function createImageKeeper({ tally, store, parent, wanted }: KeepContext, entry: Entry): Keeper {
  const draft = store.draft();
  let mode: 'undecided' | 'known' | 'blank' | 'dropped' = 'undecided';
  function drop(problem?: ArchiveProblem): false {
    if (problem !== undefined) tally.problems.add(entry.index, problem);
    mode = 'dropped';
    draft.drop();
    return false;
  }
  return {
    write(chunk) {
      const goesOn = tally.meter.unpacked(parent, chunk.length);
      if (mode === 'dropped') return false;
      if (!goesOn) return drop();
      if (mode === 'blank') return isZero(bytesOf(chunk)) || drop('unsupported');
      if (!draft.write(chunk)) return drop('too-many-bytes');
      if (mode === 'known' || draft.sizeBytes < HEAD_BYTES + IMAGE_SIGN_BYTES) return true;
      const head = draft.view();
      if (looksLikeImage(head)) mode = 'known';
      else if (!isZero(head)) return drop('unsupported');
      else {
        mode = 'blank';
        draft.drop();
      }
      return true;
    },
    end() {
      if (mode === 'blank' || mode === 'dropped') return;
      mode = 'dropped';
      const whole = draft.view();
      if (wanted(entry, whole, true)) draft.keep();
      else {
        if (!isZero(whole)) tally.problems.add(entry.index, 'unsupported');
        draft.drop();
      }
    },
  };
}

/** Some file systems have their signature after the first 64 KiB. */
const IMAGE_SIGN_BYTES = 512;

/** Whether all octets are zero. */
function isZero(bytes: Bytes): boolean {
  for (let at = 0; at < bytes.sizeBytes; at += READ_BYTES) {
    if (bytes.read(at, at + READ_BYTES).some((octet) => octet !== 0)) return false;
  }
  return true;
}
