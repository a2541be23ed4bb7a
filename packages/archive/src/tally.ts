import { NAMES_MAX_CHARS } from './limits.ts';
import { createMemberList, createProblemList, type MemberFacts, type MemberList, type ProblemList } from './member-list.ts';
import { createMeter, type Measured, type Meter } from './meter.ts';
import type { ArchiveBudget, ArchiveReport } from './port.ts';
import type { Spending } from './spending.ts';

/** The report while it is written, and what is left of the budget. `undefined` as a member is the outermost archive. */
export interface Tally {
  readonly budget: ArchiveBudget;
  readonly list: MemberList;
  readonly problems: ProblemList;
  readonly meter: Meter;
  /** An archive is about to be opened: ends everything when the parts before it have left nothing. */
  begin(): void;
  /** Returns the index; undefined when the budget is exhausted. */
  add(parent: number | undefined, facts: MemberFacts): number | undefined;
  /** Counts a member whose content was not looked at to its end. */
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
