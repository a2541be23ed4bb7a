import type { ProblemList } from './member-list.ts';
import type { ArchiveBudget, ArchiveProblem } from './port.ts';

/** What is left of a budget: bytes and time. */
export interface Meter {
  /** Nothing more is to be read. */
  readonly stopped: boolean;
  /** Names may still be read, contents not. */
  readonly full: boolean;
  /** Bytes that were unpacked. */
  readonly unpackedBytes: number;
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

/** Creates a meter for an archive of `packedBytes`; `elapsedMs` tells how long the reading has taken. */
export function createMeter(budget: ArchiveBudget, packedBytes: number, elapsedMs: () => number, problems: ProblemList): Meter {
  const sums = { declared: 0, unpacked: 0, searched: 0 };
  let stopped = false;
  let full = false;

  function stop(member: number | undefined, problem: ArchiveProblem): void {
    if (!stopped) problems.add(member, problem);
    stopped = true;
    full = true;
  }
  function inTime(member: number | undefined): boolean {
    if (elapsedMs() > budget.maxMs) stop(member, 'too-slow');
    return !stopped;
  }
  /** Judges both what is promised and what came: a liar is caught by one of them. */
  function weigh(member: number | undefined): void {
    const excess = full ? undefined : excessOf(budget, packedBytes, Math.max(sums.declared, sums.unpacked));
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
      return sums.searched <= budget.maxSearchBytes;
    },
  };
}

function excessOf(budget: ArchiveBudget, packedBytes: number, bytes: number): ArchiveProblem | undefined {
  if (bytes > budget.maxUnpackedBytes) return 'too-many-bytes';
  return bytes > budget.ratioFloorBytes && bytes > packedBytes * budget.maxRatio ? 'too-high-ratio' : undefined;
}
