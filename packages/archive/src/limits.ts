import type { ArchiveBudget } from './port.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What one part of a message may cost unless the caller says otherwise. */
export const DEFAULT_BUDGET: ArchiveBudget = {
  // The number: nobody nests deeper on purpose, and a quine zip nests for ever.
  maxDepth: 8,
  // The largest real ones are source trees; a report of so many names is about 10 MB.
  maxMembers: 100_000,
  // A message of 100 MB of text packs to a twentieth: 2 GiB is what honest archives of that size hold.
  maxUnpackedBytes: 2048 * MIB,
  // Zeros reach 229 with the fastest deflate and 1032 with the best; logs and dumps stay below 100.
  maxRatio: 200,
  // Small files of zeros are innocent: blank images, empty databases.
  ratioFloorBytes: 100 * MIB,
  // Out of the 120 s after the final dot.
  maxMs: 20_000,
  // About half a second of inflating.
  maxSearchBytes: 128 * MIB,
};

/** Nested archives that are kept at once on disk while they wait: a reader's temporary file never grows above it. */
export const KEPT_MAX_BYTES = 512 * MIB;
/** Of one member that does not look like an archive, when its size is known: more than any program with an archive behind it by mail. */
export const SEARCH_MEMBER_MAX_BYTES = 32 * MIB;
/** What looking at one member costs besides its bytes, in bytes of that budget: the same time goes into unpacking them. */
export const SEARCH_MEMBER_COST_BYTES = 8 * KIB;
/** The beginning of a member by which it is recognised: UDF's last sign stands at 38 KiB. */
export const HEAD_BYTES = 64 * KIB;
/** Nothing shorter holds a name: an empty zip has 22 bytes, a gzip with a name 20. */
export const ARCHIVE_MIN_BYTES = 20;
/** Kept members below this stay in memory. */
export const MEMORY_MEMBER_MAX_BYTES = 256 * KIB;
/** Of all such, before they go to the file too. */
export const MEMORY_KEPT_MAX_BYTES = 16 * MIB;
/** One read from a file or from memory. */
export const READ_BYTES = 64 * KIB;
/** A stored name: zip and tar's own bound, and far above what any system opens (4 KiB). */
export const NAME_MAX_CHARS = 65_535;
/** All names of a report: what it costs to send and to judge. */
export const NAMES_MAX_CHARS = 16 * MIB;
/** Where a self-extracting archive may begin: WinRAR looks 4 MiB far. */
export const STUB_MAX_BYTES = 4 * MIB;
/** The end record of a zip may have a comment of 64 KiB and other data behind it. */
export const ZIP_TAIL_BYTES = MIB;
/** Central directories looked at in one zip; each further one is a disagreement anyway. */
export const ZIP_DIRECTORIES_MAX = 64;
/** Lines that 7-Zip prints for one archive: about 20 for each member. */
export const PRINTED_LINES_MAX = 3_000_000;
/** Of the small OLE streams that hold names (embedded objects, Outlook attachments). */
export const OLE_STREAM_MAX_BYTES = 4 * KIB;
/** Waiting requests for each reader; more is a fault, since the sender would be gone before their turn. */
export const WAITING_MAX_PER_READER = 64;
/** A reader is replaced after so many archives: WASM memory and fragmentation never shrink. */
export const ARCHIVES_PER_READER = 200;
/** ... and when it has used so much of its CPU time, of which `ulimit -t` allows it 60 s. */
export const CPU_PER_READER_MS = 25_000;
/** How often the parent looks at a busy reader's resident memory. */
export const MEMORY_WATCH_MS = 100;
/** A frame of a reader's answer: names at their bound, as JSON, with room for flags. */
export const ANSWER_MAX_BYTES = 128 * MIB;
/** A request's head: a name and a budget. */
export const REQUEST_MAX_BYTES = MIB;
/** What a reader may print about its own death before we stop listening. */
export const STDERR_MAX_BYTES = 4 * KIB;
