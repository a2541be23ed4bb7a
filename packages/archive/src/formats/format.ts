import type { Bytes } from '../bytes.ts';
import type { ArchiveKind, ArchiveProblem } from '../port.ts';
import type { MachineWork } from '../reader-failure.ts';
import type { MemberFacts } from '../tally.ts';
import type { Wasm } from '../wasm.ts';

/** Where an archive begins in the bytes. */
export interface Place {
  readonly start: number;
  /** False: the signature may be there by chance, because other data precede it (self-extracting programs). */
  readonly certain: boolean;
  /** It may be a part of something else: its member names are reported, its problems are not. */
  readonly loose?: boolean;
}

/** A format that archives are recognised and read in. */
export interface Format {
  readonly kind: ArchiveKind;
  /** Lower case, without dot. A file with this extension but without the signature is reported as damaged. */
  readonly extensions: readonly string[];
  /** Extensions of files that may be of this format but need not be (documents that are zips). */
  readonly alsoNamed?: readonly string[];
  /** Looks for the signature; undefined: not of this format. `head` is the first 64 KiB. */
  find(bytes: Bytes, head: Buffer): Place | undefined;
  /**
   * A file with one of the extensions is read in this format even without a signature; when nothing is found in it,
   * it is not of this format.
   */
  readonly byName?: boolean;
  /** Reports the members of `archive`. An exception is reported as a damaged archive. */
  read(archive: OpenArchive): Promise<void> | void;
}

/** Receives the content of one member while it is unpacked. */
export interface Keeper {
  /** Returns false when no more content is needed. */
  write(chunk: Buffer): boolean;
  /** Must be called once, also after `write` returned false. */
  end(): void;
}

/** A member that was added. */
export interface Entry {
  readonly index: number;
  readonly name: string;
}

/** Options of {@link OpenArchive.keep}. */
export interface KeepOptions {
  /**
   * Returns how many octets of the archive were read for this member so far: the compression ratio when no size is
   * declared.
   */
  readonly packedBytes?: () => number;
  /**
   * The content is a disk, a partition or a file system: unless it is blank, a content that no format reads is
   * reported.
   */
  readonly image?: boolean;
}

/** An archive while it is read. */
export interface OpenArchive {
  /** The octets of the archive; offset 0 is its beginning. */
  readonly bytes: Bytes;
  /** The file names of the archive itself, the most likely first. */
  readonly names: readonly string[];
  readonly wasm: Wasm;
  /** Runs what depends on this machine alone: when it fails, nothing is said about the archive. */
  readonly machine: MachineWork;
  /** True when the budget is exhausted: the reader must return. */
  readonly stopped: boolean;
  /** True when no more contents are searched; names are still reported. */
  readonly full: boolean;
  /** Reports a member. Returns undefined when the budget is exhausted. */
  add(facts: MemberFacts): Entry | undefined;
  /** Reports that a member is encrypted. */
  locked(): void;
  /** Reports a problem of the archive. */
  problem(problem: ArchiveProblem): void;
  /**
   * Returns false when the member need not be unpacked: its name is no archive's, and the budget for such members is
   * used up. It counts as not searched.
   */
  worthUnpacking(entry: Entry): boolean;
  /** Searches the whole content of a small member. */
  unpacked(entry: Entry, content: Buffer): void;
  /** Searches content that is stored in the archive without compression. */
  content(entry: Entry, bytes: Bytes): void;
  /** Searches a partition of a disk: unless it is blank, a partition that no format reads is reported. */
  partition(entry: Entry, bytes: Bytes): void;
  /** Opens a {@link Keeper} for the content of a compressed member. At most one is open at a time. */
  keep(entry: Entry, options?: KeepOptions): Keeper;
}

/**
 * Makes a `find` for a signature at a fixed offset within the first 64 KiB. It compares octet by octet, since most
 * files do not match at the first.
 */
export function signAt(sign: string, offset = 0): (bytes: Bytes, head: Buffer) => Place | undefined {
  const wanted = Buffer.from(sign, 'latin1');
  return (_bytes, head) => {
    for (let at = 0; at < wanted.length; at += 1) if (head[offset + at] !== wanted[at]) return undefined;
    return { start: 0, certain: true };
  };
}
