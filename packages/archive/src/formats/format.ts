import type { Bytes } from '../bytes.ts';
import type { ArchiveKind, ArchiveProblem } from '../port.ts';
import type { MemberFacts } from '../tally.ts';
import type { Wasm } from '../wasm.ts';

/** Where an archive begins in the bytes. */
export interface Place {
  readonly start: number;
  /** False when the sign may stand there by chance: behind other data, as in self-extracting programs. */
  readonly certain: boolean;
  /** It may be a piece of something else: its names count, what is wrong with it does not. */
  readonly loose?: boolean;
}

/** A format that archives are recognised and read in. */
export interface Format {
  readonly kind: ArchiveKind;
  /** Lower case, without dot: who is called so and is no archive is damaged. */
  readonly extensions: readonly string[];
  /** Called so it may be one (documents that are zips). */
  readonly alsoNamed?: readonly string[];
  /** `head`: the first 64 KiB. */
  find(bytes: Bytes, head: Buffer): Place | undefined;
  /** What is called by one of its names is read as one, whatever it looks like; a text in which nothing is found counts as none. */
  readonly byName?: boolean;
  /** Reports what is in `archive`. What it throws counts as a damaged archive. */
  read(archive: OpenArchive): Promise<void> | void;
}

/** Takes the content of one member while it is unpacked. */
export interface Keeper {
  /** False: enough was seen, the rest need not be unpacked. */
  write(chunk: Buffer): boolean;
  /** To be called once, also when `write` said false. */
  end(): void;
}

/** A member that was added. */
export interface Entry {
  readonly index: number;
  readonly name: string;
}

/** How a member's content is searched. */
export interface KeepOptions {
  /** Bytes of the archive that were read for it so far; makes the ratio known when the content's size is not declared. */
  readonly packedBytes?: () => number;
  /** It is a disk, a partition or a file system: unless it is blank, somebody must be able to read it. */
  readonly image?: boolean;
}

/** An archive while it is read. */
export interface OpenArchive {
  /** From where the archive begins. */
  readonly bytes: Bytes;
  /** As it is called from outside, the likeliest first. */
  readonly names: readonly string[];
  readonly wasm: Wasm;
  /** The budget is exhausted: return. */
  readonly stopped: boolean;
  /** No more contents are wanted; names still are. */
  readonly full: boolean;
  /** Undefined: the budget is exhausted. */
  add(facts: MemberFacts): Entry | undefined;
  locked(): void;
  problem(problem: ArchiveProblem): void;
  /** False: what does not look like an archive by its name is not to be unpacked any more; it counts as not searched. */
  worthUnpacking(entry: Entry): boolean;
  /** Offers the whole content of a small member. */
  unpacked(entry: Entry, content: Buffer): void;
  /** Offers content that lies in the archive as it is. */
  content(entry: Entry, bytes: Bytes): void;
  /** Offers a partition that lies in the disk as it is: unless it is blank, somebody must be able to read it. */
  partition(entry: Entry, bytes: Bytes): void;
  /** Opens what takes the content of a packed member. One at a time. */
  keep(entry: Entry, options?: KeepOptions): Keeper;
}

/** A sign that stands at a fixed place of the first 64 KiB. Compared octet by octet: most of what is asked is none, and is asked often. */
export function signAt(sign: string, offset = 0): (bytes: Bytes, head: Buffer) => Place | undefined {
  const wanted = Buffer.from(sign, 'latin1');
  return (_bytes, head) => {
    for (let at = 0; at < wanted.length; at += 1) if (head[offset + at] !== wanted[at]) return undefined;
    return { start: 0, certain: true };
  };
}
