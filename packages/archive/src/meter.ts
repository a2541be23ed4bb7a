import type { ProblemList } from './member-list.ts';
import type { ArchiveBudget, ArchiveProblem } from './port.ts';
import type { Spending } from './spending.ts';

/** What is left of a budget: bytes and time. */
export interface Meter {
  /** Nothing more is to be read. */
  readonly stopped: boolean;
  /** Names may still be read, contents not. */
  readonly full: boolean;
  /** Bytes that were unpacked. */
  readonly unpackedBytes: number;
  /** By this part and those before it. */
  readonly spent: Pick<Spending, 'declaredBytes' | 'unpackedBytes' | 'searchedBytes' | 'ms'>;
  /** Ends everything with a problem of `member`. */
  stop(member: number | undefined, problem: ArchiveProblem): void;
  /** False when the time is over. */
  inTime(member: number | undefined): boolean;
  /** Counts bytes that a member declares. */
  declared(member: number | undefined, bytes: number): void;
  /** Counts unpacked bytes; false when there may be no more. */
  unpacked(member: number | undefined, bytes: number): boolean;
  /** Counts bytes for searching members that look like none: false when they are spent. */
  searched(bytes: number): boolean;
}

/** What a meter is made for. */
export interface Measured {
  readonly budget: ArchiveBudget;
  /** By the parts of the message before this one. */
  readonly before: Spending;
  readonly packedBytes: number;
  /** Since the reading of this part began. */
  readonly elapsedMs: () => number;
}

/** Creates a meter for one part. */
export function createMeter(measured: Measured, problems: ProblemList): Meter {
  const { budget, before, elapsedMs } = measured;
  const sums = { declared: 0, unpacked: 0, searched: 0 };
  let stopped = false;
  let full = false;

  function stop(member: number | undefined, problem: ArchiveProblem): void {
    if (!stopped) problems.add(member, problem);
    stopped = true;
    full = true;
  }
  function inTime(member: number | undefined): boolean {
    if (before.ms + elapsedMs() > budget.maxMs) stop(member, 'too-slow');
    return !stopped;
  }
  /** Judges both what is promised and what came: a liar is caught by one of them. */
  function weigh(member: number | undefined): void {
    const excess = full ? undefined : excessOf(measured, sums);
    if (excess === undefined) return;
    problems.add(member, excess);
    full = true;
  }
  return {
    get stopped() {
      return stopped;
    },
    get full() {
      return full;
    },
    get unpackedBytes() {
      return sums.unpacked;
    },
    get spent() {
      return {
        declaredBytes: before.declaredBytes + sums.declared,
        unpackedBytes: before.unpackedBytes + sums.unpacked,
        searchedBytes: before.searchedBytes + sums.searched,
        ms: before.ms + elapsedMs(),
      };
    },
    stop,
    inTime,
    declared(member, bytes) {
      sums.declared += Math.max(0, bytes);
      weigh(member);
    },
    unpacked(member, bytes) {
      sums.unpacked += bytes;
      weigh(member);
      return !full && inTime(member);
    },
    searched(bytes) {
      sums.searched += bytes;
      return before.searchedBytes + sums.searched <= budget.maxSearchBytes;
    },
  };
}

/** Bytes are those of the message; a ratio is that of the part, or the bytes of honest parts would hide a bomb beside them. */
function excessOf(
  { budget, before, packedBytes }: Measured,
  { declared, unpacked }: { readonly declared: number; readonly unpacked: number },
): ArchiveProblem | undefined {
  const bytes = Math.max(declared, unpacked);
  if (Math.max(before.declaredBytes + declared, before.unpackedBytes + unpacked) > budget.maxUnpackedBytes) return 'too-many-bytes';
  return bytes > budget.ratioFloorBytes && bytes > packedBytes * budget.maxRatio ? 'too-high-ratio' : undefined;
}
