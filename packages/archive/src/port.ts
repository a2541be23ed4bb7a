import type { Cancellation } from '@vratny/waiting';

/**
 * The format that octets were recognised as. `ar` is deb too; `ole` is msi, doc, xls, ppt and msg; `z` is what compress
 * makes.
 */
export type ArchiveKind =
  | '7z'
  | 'ace'
  | 'ar'
  | 'arj'
  | 'bz2'
  | 'cab'
  | 'chm'
  | 'cpio'
  | 'disk'
  | 'gz'
  | 'iso'
  | 'lz4'
  | 'lzh'
  | 'lzip'
  | 'lzma'
  | 'mail'
  | 'nsis'
  | 'ole'
  | 'rar'
  | 'rpm'
  | 'rtf'
  | 'szdd'
  | 'tar'
  | 'udf'
  | 'vhd'
  | 'wim'
  | 'xar'
  | 'xz'
  | 'z'
  | 'zip'
  | 'zst';

/** Why a report is incomplete, or cannot be relied on. */
export type ArchiveProblem =
  /** The archive shows different members to different unpackers. All of them are reported. */
  | 'views-disagree'
  /** Damaged or cut off. */
  | 'error'
  /** The file has the extension of an archive but not its signature. */
  | 'misnamed'
  /** The archive has no members. */
  | 'no-entries'
  /** The archives are nested deeper than the budget allows. */
  | 'too-deep'
  | 'too-many-members'
  | 'too-many-bytes'
  /** The ratio of unpacked to packed size is above that of the budget. */
  | 'too-high-ratio'
  | 'too-slow'
  /** The format or the compression method is recognised but not implemented. */
  | 'unsupported';

/** One name inside an archive. A member for which unpackers use different names is listed once for each name. */
export interface Member {
  /** The stored path, with folders separated by `/` or `\`. */
  readonly name: string;
  /** The index in `members` of the archive that contains it; absent for members of the outermost archive. */
  readonly parent?: number;
  readonly directory: boolean;
  /** The content needs a password. */
  readonly encrypted: boolean;
  /** It is an archive, not encrypted itself, whose names are encrypted. */
  readonly locked: boolean;
  /**
   * The name was derived from the outer one, as unpackers do (`scan.tar` of `scan.tar.gz`); it is left out of the paths
   * of its members.
   */
  readonly implied: boolean;
  /** The formats of its content; empty when it is no archive or was not examined. */
  readonly kinds: readonly ArchiveKind[];
}

/** A problem and where it was found. */
export interface ProblemReport {
  readonly problem: ArchiveProblem;
  /** Index in `members`; absent for the outermost archive. */
  readonly member?: number;
}

/** The result for one part of a message. */
export interface ArchiveReport {
  /**
   * The formats of the bytes; several when they can be read in several formats. Empty: it is no archive, and nothing
   * else is reported.
   */
  readonly kinds: readonly ArchiveKind[];
  /** Parents before their children. */
  readonly members: readonly Member[];
  /** The names of the outermost archive are encrypted. */
  readonly locked: boolean;
  /** Each problem at most once for each archive. */
  readonly problems: readonly ProblemReport[];
  /** How many members do not begin like an archive and were too large to be searched completely. */
  readonly unsearched: number;
  /** How many octets were unpacked. */
  readonly unpackedBytes: number;
}

/**
 * Bounds for reading all parts of one message together. Each number is the largest one that is allowed.
 */
export interface ArchiveBudget {
  /** The depth of nested archives; a compressed tar counts once. */
  readonly maxDepth: number;
  readonly maxMembers: number;
  /** Octets of all archives together, declared or unpacked. */
  readonly maxUnpackedBytes: number;
  /** The ratio of unpacked to packed octets of one part; checked only above `ratioFloorBytes` unpacked octets. */
  readonly maxRatio: number;
  readonly ratioFloorBytes: number;
  /** Milliseconds of reading, without waiting for octets or for a turn. */
  readonly maxMs: number;
  /**
   * Octets that are unpacked from members that do not look like archives, to search them for archives after other data.
   */
  readonly maxSearchBytes: number;
}

/** A decoded part of a message. */
export interface ArchiveSource {
  /** The file name of the part, without folders; used together with the content to recognise the format. */
  readonly name?: string | undefined;
  /** Other names that mail programs may give it. */
  readonly otherNames?: readonly string[] | undefined;
  /**
   * The decoded bytes. Read once, in the order of the sources, to the end or until the implementation has seen enough;
   * a chunk is done with when the next is asked for.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** All names of a part, the most likely first. */
export function namesOf({ name, otherNames = [] }: Pick<ArchiveSource, 'name' | 'otherNames'>): readonly string[] {
  return name === undefined ? otherNames : [name, ...otherNames];
}

/** Lists names inside archives. */
export interface Archives {
  /**
   * Reads the parts of one message, one after the other, and reports them in the same order. Problems of an
   * archive are in its report, an exhausted budget among them. Rejects with `ArchiveFault` when the reader failed (then
   * there are no reports at all), with the signal's reason when it is aborted, and with a source's error when a source
   * fails.
   */
  list(
    sources: Iterable<ArchiveSource>,
    options?: { readonly budget?: Partial<ArchiveBudget> },
    signal?: Cancellation,
  ): Promise<readonly ArchiveReport[]>;
  /** Ends all readers; calls that are running reject with `ArchiveFault`. Idempotent. */
  close(): Promise<void>;
}

/**
 * `crash`: the reader was ended by a signal, or its answer was not valid. `machine`: it could not be started, or failed
 * for a reason other than the archive. `deadline`, `memory`: it was killed. `busy`: too many requests wait already.
 * `closed`: called after `close`.
 */
export type ArchiveFaultKind = 'crash' | 'machine' | 'deadline' | 'memory' | 'busy' | 'closed';

/**
 * A reader failed. The same archive may cause it again, so faults other than `machine`, `busy` and `closed` are counted
 * by the message's digest.
 */
export class ArchiveFault extends Error {
  readonly kind: ArchiveFaultKind;
  constructor(kind: ArchiveFaultKind, detail: string) {
    super(`archive reader: ${kind}: ${detail}`);
    this.name = 'ArchiveFault';
    this.kind = kind;
  }
}

/**
 * The cost of the parts of one message so far: a budget belongs to the message, and its parts share it.
 */
export interface Spending {
  readonly members: number;
  readonly nameChars: number;
  readonly declaredBytes: number;
  readonly unpackedBytes: number;
  /** See `maxSearchBytes`. */
  readonly searchedBytes: number;
  readonly ms: number;
}

/** The cost before the first part. */
export const NOTHING_SPENT: Spending = { members: 0, nameChars: 0, declaredBytes: 0, unpackedBytes: 0, searchedBytes: 0, ms: 0 };

/**
 * The names that lead to a member, outermost first, without the part's own and without implied ones on the way:
 * `['scan.tar.gz', 'run.exe']`. For an index without a member the path is empty.
 */
export function memberPath(report: Pick<ArchiveReport, 'members'>, index: number): readonly string[] {
  const path: string[] = [];
  for (let at: number | undefined = index, first = true; at !== undefined; first = false) {
    const member: ArchiveReport['members'][number] | undefined = report.members[at];
    if (member === undefined) break;
    if (first || !member.implied) path.unshift(member.name);
    at = member.parent;
  }
  return path;
}
