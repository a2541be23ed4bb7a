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

/** Why a report does not say everything, or is not to be trusted. */
export type ArchiveProblem =
  /** The archive shows different members to different unpackers. All of them are reported. */
  | 'views-disagree'
  /** Damaged or cut off. */
  | 'error'
  /** The file has the extension of an archive but not its signature. */
  | 'misnamed'
  /** The archive has no members. */
  | 'no-entries'
  /** More archives inside one another than the budget's depth. */
  | 'too-deep'
  | 'too-many-members'
  | 'too-many-bytes'
  /** The ratio of unpacked to packed size is beyond the budget's. */
  | 'too-high-ratio'
  | 'too-slow'
  /** The format or the compression method is recognised, and no reader for it exists here. */
  | 'unsupported';

/** One name inside an archive. A member that is called differently in different views is there once per name. */
export interface Member {
  /** As it is stored, with the folders that are stored in it, separated by `/` or `\`. */
  readonly name: string;
  /** Index in `members` of the archive that it lies in; absent directly below the outermost one. */
  readonly parent?: number;
  readonly directory: boolean;
  /** The content needs a password. */
  readonly encrypted: boolean;
  /** It is an archive, stored in the clear, that does not even show its names without a password. */
  readonly locked: boolean;
  /**
   * The name was made from the outer one, as unpackers do (`scan.tar` of `scan.tar.gz`); it is no step of the paths of
   * what lies in it.
   */
  readonly implied: boolean;
  /** What its content was recognised as; empty when it is no archive or was not looked at. */
  readonly kinds: readonly ArchiveKind[];
}

/** A problem and where it was found. */
export interface ProblemReport {
  readonly problem: ArchiveProblem;
  /** Index in `members`; absent for the outermost archive. */
  readonly member?: number;
}

/** Everything that was found out about one part of a message. */
export interface ArchiveReport {
  /**
   * What the bytes were recognised as; several when they are several things at once. Empty: no archive, and nothing
   * else is reported.
   */
  readonly kinds: readonly ArchiveKind[];
  /** Parents before their children. */
  readonly members: readonly Member[];
  /** The outermost archive does not even show its names without a password. */
  readonly locked: boolean;
  /** At most one of each for each archive. */
  readonly problems: readonly ProblemReport[];
  /** Members whose beginning is no archive and which were too large to be searched to their end. */
  readonly unsearched: number;
  /** Bytes that were unpacked to look at them. */
  readonly unpackedBytes: number;
}

/**
 * How much reading the parts of one message may cost, all together. Every number is an upper bound that is still
 * allowed.
 */
export interface ArchiveBudget {
  /** Archives inside one another; a compressed tar counts once. */
  readonly maxDepth: number;
  readonly maxMembers: number;
  /** Of all archives together, by what they declare and by what is unpacked. */
  readonly maxUnpackedBytes: number;
  /** Unpacked by packed bytes of one part; judged only above `ratioFloorBytes` unpacked ones. */
  readonly maxRatio: number;
  readonly ratioFloorBytes: number;
  /** Of reading; waiting for bytes or for a turn does not count. */
  readonly maxMs: number;
  /** Bytes that are unpacked from members which do not look like archives, in search of archives behind other data. */
  readonly maxSearchBytes: number;
}

/** A decoded part of a message. */
export interface ArchiveSource {
  /** As the message calls the part, the last path segment; decides together with the content what it is. */
  readonly name?: string | undefined;
  /** What else readers of mail may call it. */
  readonly otherNames?: readonly string[] | undefined;
  /**
   * The decoded bytes. Read once, in the order of the sources, to the end or until the implementation has seen enough;
   * a chunk is done with when the next is asked for.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Every name of a part, the likeliest first. */
export function namesOf({ name, otherNames = [] }: Pick<ArchiveSource, 'name' | 'otherNames'>): readonly string[] {
  return name === undefined ? otherNames : [name, ...otherNames];
}

/** Names inside archives. */
export interface Archives {
  /**
   * Reads the parts of one message, one after the other, and reports them in the same order. What is wrong with an
   * archive is in its report; an archive that comes when the budget is spent says so. Rejects with `ArchiveFault` when
   * the reader could not tell (then about none of them), with the signal's reason when it is aborted, and with a
   * source's own error when that fails.
   */
  list(
    sources: Iterable<ArchiveSource>,
    options?: { readonly budget?: Partial<ArchiveBudget> },
    signal?: Cancellation,
  ): Promise<readonly ArchiveReport[]>;
  /** Ends every reader; running readings reject with `ArchiveFault`. Idempotent. */
  close(): Promise<void>;
}

/**
 * `crash`: the reader was ended by a signal or gave no sense. `machine`: it could not be started, or failed for a reason
 * that is not the archive's. `deadline`, `memory`: it was ended. `busy`: too many wait already. `closed`: after
 * `close`.
 */
export type ArchiveFaultKind = 'crash' | 'machine' | 'deadline' | 'memory' | 'busy' | 'closed';

/**
 * A reader could not tell. The same archive may do it again: faults other than `machine`, `busy` and `closed` are counted by the
 * message's digest.
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
 * What reading the parts of one message has cost so far: a budget is that of the message, however many parts share it.
 */
export interface Spending {
  readonly members: number;
  readonly nameChars: number;
  readonly declaredBytes: number;
  readonly unpackedBytes: number;
  /** By `maxSearchBytes`. */
  readonly searchedBytes: number;
  readonly ms: number;
}

/** Before the first part. */
export const NOTHING_SPENT: Spending = { members: 0, nameChars: 0, declaredBytes: 0, unpackedBytes: 0, searchedBytes: 0, ms: 0 };

/**
 * The names that lead to a member, outermost first, without the part's own and without implied ones on the way:
 * `['scan.tar.gz', 'run.exe']`. A member that is not there has an empty path.
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
