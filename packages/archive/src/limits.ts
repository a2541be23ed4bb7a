import type { ArchiveBudget } from './port.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What the parts of one message may cost together unless the caller says otherwise. */
export const DEFAULT_BUDGET: ArchiveBudget = {
  // The number: nobody nests deeper on purpose, and a quine zip nests for ever.
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
  // Out of the 120 s after the final dot.
  maxMs: 20_000,
  // About half a second of inflating.
  maxSearchBytes: 128 * MIB,
};

/**
 * Where a budget's `ratioFloorBytes` is above it, this counts for what does not declare its size: to know more it would
 * have to be unpacked.
 */
export const STREAM_RATIO_FLOOR_BYTES = 100 * MIB;

/** Nested archives that are kept at once on disk while they wait: a reader's temporary file never grows above it. */
export const KEPT_MAX_BYTES = 512 * MIB;
/**
 * Of one member that does not look like an archive, when its size is known: more than any program with an archive
 * behind it by mail.
 */
export const SEARCH_MEMBER_MAX_BYTES = 32 * MIB;
/**
 * What looking at one member costs besides its bytes, in bytes of that budget: the same time goes into unpacking them.
 */
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
/**
 * All names of a message: what it costs to send and to judge. 400 for each member; paths that a system opens have 260.
 */
export const NAMES_MAX_CHARS = 4 * MIB;
/**
 * How far an archive behind other data is looked for: 7-Zip and cabextract look through the whole file, so the largest
 * message counts. It takes a search for each sign, half a second for 100 MB.
 */
export const STUB_MAX_BYTES = 128 * MIB;
/** Signs of a zip's end that are looked at, from the last one on: chance makes one in 4 GiB, each costs some µs. */
export const ZIP_SIGNS_MAX = 100_000;
/** Of a RAR archive: members have up to three, and only so many members are read. */
export const RAR_BLOCKS_MAX = 40_000;
/** Central directories looked at in one zip; each further one is a disagreement anyway. */
export const ZIP_DIRECTORIES_MAX = 64;
/** Lines that 7-Zip prints for one archive: about 20 for each member, of which there may be 10,000. */
export const PRINTED_LINES_MAX = 400_000;
/** Objects of one rich text, and octets of one: a mail has room for so many. */
export const RTF_OBJECTS_MAX = 1000;
export const RTF_OBJECT_MAX_BYTES = 64 * MIB;
/** Of an OLE stream that holds a file or objects (a package, a presentation): it is read in one piece. */
export const OLE_OBJECT_MAX_BYTES = 64 * MIB;
/** Of the small OLE streams that hold names (Outlook attachments). */
export const OLE_STREAM_MAX_BYTES = 4 * KIB;
/** Waiting requests for each reader; more is a fault, since the sender would be gone before their turn. */
export const WAITING_MAX_PER_READER = 64;
/**
 * Parts that go to a reader in one turn, without waiting for the answers in between: most are no archives and cost a
 * reader some 20 µs, so a turn each would be most of the work. Few enough that others get their turn soon.
 */
export const BATCH_PARTS_MAX = 128;
/** ... and when so much was sent: the part that reaches it is the last one. */
export const BATCH_BYTES = MIB;
/**
 * A reader is replaced after so many archives, as soon as its turn is over: WASM memory and fragmentation never shrink.
 */
export const ARCHIVES_PER_READER = 200;
/** ... and when it has used so much of its CPU time, of which `ulimit -t` allows it 60 s. */
export const CPU_PER_READER_MS = 25_000;
/** How often the parent looks at a busy reader's resident memory. */
export const MEMORY_WATCH_MS = 100;
/** A frame of a reader's answer: names at their bound, as JSON, with room for flags. */
export const ANSWER_MAX_BYTES = 32 * MIB;
/** What stands before the parts of a turn, or before one: a budget, a name. */
export const REQUEST_MAX_BYTES = MIB;
/** What a reader may print about its own death before we stop listening. */
export const STDERR_MAX_BYTES = 4 * KIB;
