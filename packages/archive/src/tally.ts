import { NAME_MAX_CHARS, NAMES_MAX_CHARS } from './limits.ts';
import type { ArchiveBudget, ArchiveKind, ArchiveProblem, ArchiveReport, Member, ProblemReport, Spending } from './port.ts';

/** The report while it is made, and the rest of the budget. `undefined` as a member means the outermost archive. */
export interface Tally {
  readonly budget: ArchiveBudget;
  readonly list: MemberList;
  readonly problems: ProblemList;
  readonly meter: Meter;
  /** Called before an archive is opened: stops when the parts before it have used up the budget. */
  begin(): void;
  /** Returns the index; undefined when the budget is exhausted. */
  add(parent: number | undefined, facts: MemberFacts): number | undefined;
  /** Counts a member whose content was not searched completely. */
  unsearched(): void;
  report(): ArchiveReport;
  /** By this part and those before it. */
  spent(): Spending;
}

/** How often the clock is asked while names are read. */
const NAMES_PER_LOOK = 256;

/** Creates a tally for one part. */
export function createTally(measured: Measured): Tally {
  const { budget, before } = measured;
  const list = createMemberList();
  const problems = createProblemList();
  const meter = createMeter(measured, problems);
  let nameChars = 0;
  let unsearched = 0;
  return {
    budget,
    list,
    problems,
    meter,
    begin() {
      meter.inTime(undefined);
      if (before.members >= budget.maxMembers) meter.stop(undefined, 'too-many-members');
    },
    add(parent, facts) {
      const count = list.members.length;
      if (meter.stopped || (count % NAMES_PER_LOOK === 0 && !meter.inTime(parent))) return undefined;
      nameChars += facts.name.length;
      if (before.members + count >= budget.maxMembers || before.nameChars + nameChars > NAMES_MAX_CHARS) {
        meter.stop(parent, 'too-many-members');
        return undefined;
      }
      meter.declared(parent, facts.unpackedBytes ?? 0);
      return list.add(parent, facts);
    },
    unsearched() {
      unsearched += 1;
    },
    report: () => ({ ...list.outer, members: list.members, problems: problems.all(), unsearched, unpackedBytes: meter.unpackedBytes }),
    spent: () => ({ ...meter.spent, members: before.members + list.members.length, nameChars: before.nameChars + nameChars }),
  };
}

/** What a format knows about a member when it reads its name. */
export interface MemberFacts {
  readonly name: string;
  readonly directory?: boolean;
  readonly encrypted?: boolean;
  readonly implied?: boolean;
  /** As declared. */
  readonly unpackedBytes?: number;
}

type Draft = { -readonly [Key in keyof Member]: Member[Key] };

/** The members of a report while it is made. `undefined` as a member means the outermost archive. */
interface MemberList {
  readonly members: readonly Member[];
  /** The outermost archive. */
  readonly outer: { readonly kinds: readonly ArchiveKind[]; readonly locked: boolean };
  /** Returns the index. */
  add(parent: number | undefined, facts: MemberFacts): number;
  recognised(member: number | undefined, kinds: readonly ArchiveKind[]): void;
  locked(member: number | undefined): void;
}

/** Creates an empty list. */
function createMemberList(): MemberList {
  const members: Draft[] = [];
  const outer: { kinds: readonly ArchiveKind[]; locked: boolean } = { kinds: [], locked: false };
  const targetOf = (member: number | undefined) => (member === undefined ? outer : members[member]);
  return {
    members,
    outer,
    add(parent, facts) {
      const { directory = false, encrypted = false, implied = false } = facts;
      const name = facts.name.slice(0, NAME_MAX_CHARS);
      members.push({ name, ...(parent !== undefined && { parent }), directory, encrypted, locked: false, implied, kinds: [] });
      return members.length - 1;
    },
    recognised(member, kinds) {
      const target = targetOf(member);
      if (target !== undefined) target.kinds = kinds;
    },
    locked(member) {
      const target = targetOf(member);
      if (target !== undefined) target.locked = true;
    },
  };
}

/** The problems of a report while it is made: each problem once for each archive. */
interface ProblemList {
  add(member: number | undefined, problem: ArchiveProblem): void;
  has(member: number | undefined): boolean;
  all(): readonly ProblemReport[];
}

/** Creates an empty list. */
function createProblemList(): ProblemList {
  const problems = new Map<string, ProblemReport>();
  const members = new Set<number | undefined>();
  return {
    add(member, problem) {
      problems.set(`${member ?? ''} ${problem}`, member === undefined ? { problem } : { problem, member });
      members.add(member);
    },
    has: (member) => members.has(member),
    all: () => [...problems.values()],
  };
}

/** The rest of a budget: octets and time. */
interface Meter {
  /** Reading must stop. */
  readonly stopped: boolean;
  /** Names may still be read, contents may not. */
  readonly full: boolean;
  /** Bytes that were unpacked. */
  readonly unpackedBytes: number;
  /** By this part and those before it. */
  readonly spent: Pick<Spending, 'declaredBytes' | 'unpackedBytes' | 'searchedBytes' | 'ms'>;
  /** Stops reading, with a problem of `member`. */
  stop(member: number | undefined, problem: ArchiveProblem): void;
  /** False when the time is over. */
  inTime(member: number | undefined): boolean;
  /** Counts bytes that a member declares. */
  declared(member: number | undefined, bytes: number): void;
  /** Counts unpacked octets; returns false when the bound is reached. */
  unpacked(member: number | undefined, bytes: number): boolean;
  /**
   * Counts octets of members that are searched without looking like archives; returns false when the budget for them is
   * used up.
   */
  searched(bytes: number): boolean;
}

/** What a meter is made from. */
interface Measured {
  readonly budget: ArchiveBudget;
  /** By the parts of the message before this one. */
  readonly before: Spending;
  readonly packedBytes: number;
  /** Since the reading of this part began. */
  readonly elapsedMs: () => number;
}

/** Creates a meter for one part. */
function createMeter(measured: Measured, problems: ProblemList): Meter {
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
  /** Checks the declared sizes and the unpacked ones: a false declaration is found by one of the two. */
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

/**
 * Octets are counted for the message, the ratio for the part: otherwise the octets of ordinary parts would hide a bomb
 * beside them.
 */
function excessOf(
  { budget, before, packedBytes }: Measured,
  { declared, unpacked }: { readonly declared: number; readonly unpacked: number },
): ArchiveProblem | undefined {
  const bytes = Math.max(declared, unpacked);
  if (Math.max(before.declaredBytes + declared, before.unpackedBytes + unpacked) > budget.maxUnpackedBytes) return 'too-many-bytes';
  return bytes > budget.ratioFloorBytes && bytes > packedBytes * budget.maxRatio ? 'too-high-ratio' : undefined;
}
