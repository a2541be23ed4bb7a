import type { ArchiveBudget } from './port.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The budget of all parts of one message together, unless the caller gives another one. */
export const DEFAULT_BUDGET: ArchiveBudget = {
  // Honest archives are not nested deeper; a zip that contains itself is nested without end.
  maxDepth: 8,
  // No more than a virus scanner opens: clamd's own limit is 10,000 files, and version 1.4 needs time with the square
  // of a zip's empty members (6 s for 10,000, 24 s for 20,000, a quarter of an hour for 60,000), so that mail with more
  // of them would never get an answer.
  maxMembers: 10_000,
  // A message of 100 MB of text packs to a twentieth: 2 GiB is what honest archives of that size hold.
  maxUnpackedBytes: 2048 * MIB,
  // Zeros reach 229 with the fastest deflate and 1032 with the best; logs and dumps stay below 100.
  maxRatio: 200,
  // Exports of measurements with the same values in each line reach 400, blank scans 1000, up to some hundred MiB. A
  // third of a second of inflating.
  ratioFloorBytes: 256 * MIB,
  // A part of the 120 s that a message has after the final dot.
  maxMs: 20_000,
  // About half a second of inflating.
  maxSearchBytes: 128 * MIB,
};

/**
 * Where a budget's `ratioFloorBytes` is above it, this is used for members without a declared size: for a better
 * answer they would have to be unpacked.
 */
export const STREAM_RATIO_FLOOR_BYTES = 100 * MIB;

/** Octets of nested archives on disk at a time; the bound of a reader's temporary file. */
export const KEPT_MAX_BYTES = 512 * MIB;
/**
 * The searched octets of one member that does not look like an archive and has a declared size. Self-extracting
 * programs in mail are smaller.
 */
export const SEARCH_MEMBER_MAX_BYTES = 32 * MIB;
/**
 * The fixed cost of searching one member, in octets of the search budget that take the same time to unpack.
 */
export const SEARCH_MEMBER_COST_BYTES = 8 * KIB;
/** So many octets of a member are read to recognise it: the last signature of UDF is at 38 KiB. */
export const HEAD_BYTES = 64 * KIB;
/** A shorter file holds no name: an empty zip has 22 bytes, a gzip with a name 20. */
export const ARCHIVE_MIN_BYTES = 20;
/** Members below this size are kept in memory. */
export const MEMORY_MEMBER_MAX_BYTES = 256 * KIB;
/** The total of members in memory; more are kept in the file. */
export const MEMORY_KEPT_MAX_BYTES = 16 * MIB;
/** Octets of one read from a file or from memory. */
export const READ_BYTES = 64 * KIB;
/** Characters of a stored name: the bound of zip and tar, far above the path length of any system (4 KiB). */
export const NAME_MAX_CHARS = 65_535;
/**
 * Characters of all names of a message: bounds the cost of sending and judging them. 400 for each member; Windows opens
 * paths of 260.
 */
export const NAMES_MAX_CHARS = 4 * MIB;
/**
 * How far an archive after other data is searched for: 7-Zip and cabextract search the whole file, so this is the size
 * of the largest message. Each signature takes half a second for 100 MB.
 */
export const STUB_MAX_BYTES = 128 * MIB;
/**
 * Signatures of zip's end record that are examined, the last one first: one in 4 GiB is there by chance, and each takes
 * some µs.
 */
export const ZIP_SIGNS_MAX = 100_000;
/** Blocks of a RAR archive: a member has up to three, and the number of members is bounded. */
export const RAR_BLOCKS_MAX = 40_000;
/** Central directories that are read in one zip; more than one is reported in any case. */
export const ZIP_DIRECTORIES_MAX = 64;
/** Lines that 7-Zip prints for one archive: about 20 for each member, of which there may be 10,000. */
export const PRINTED_LINES_MAX = 400_000;
/** Objects of one rich text, and octets of one object. */
export const RTF_OBJECTS_MAX = 1000;
export const RTF_OBJECT_MAX_BYTES = 64 * MIB;
/** Octets of an OLE stream that contains a file or objects (a package, a presentation); it is held in memory. */
export const OLE_OBJECT_MAX_BYTES = 64 * MIB;
/** Octets of the small OLE streams that contain names (Outlook attachments). */
export const OLE_STREAM_MAX_BYTES = 4 * KIB;
/**
 * Requests that wait for each reader; one more is a fault, since the sender would have disconnected before its turn.
 */
export const WAITING_MAX_PER_READER = 64;
/**
 * Parts that go to a reader in one turn, without waiting for the answers in between: most are no archives and cost a
 * reader some 20 µs, so a turn each would be most of the work. Few enough that others get their turn soon.
 */
export const BATCH_PARTS_MAX = 128;
/** Octets of one turn: the part that reaches it is the last one. */
export const BATCH_BYTES = MIB;
/**
 * A reader is replaced after so many archives, as soon as its turn is over: WASM memory and fragmentation never shrink.
 */
export const ARCHIVES_PER_READER = 200;
/** A reader is replaced when it has used so much CPU time; `ulimit -t` allows 60 s. */
export const CPU_PER_READER_MS = 25_000;
/** How often the parent looks at a busy reader's resident memory. */
export const MEMORY_WATCH_MS = 100;
/** Octets of an answer: as many names as allowed, in JSON, with their flags. */
export const ANSWER_MAX_BYTES = 32 * MIB;
/** Octets of the JSON before a turn or before a part: a budget, names. */
export const REQUEST_MAX_BYTES = MIB;
/** Octets of a reader's error output that are read. */
export const STDERR_MAX_BYTES = 4 * KIB;

/** Exit code of a reader that this machine failed: EX_TEMPFAIL of sysexits.h. */
export const READER_FAILED = 75;
