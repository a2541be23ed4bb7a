import { NAME_MAX_CHARS } from './limits.ts';
import type { ArchiveKind, ArchiveProblem, Member, ProblemReport } from './port.ts';

/** What a format knows about a member when it meets its name. */
export interface MemberFacts {
  readonly name: string;
  readonly directory?: boolean;
  readonly encrypted?: boolean;
  readonly implied?: boolean;
  /** As declared. */
  readonly unpackedBytes?: number;
}

type Draft = { -readonly [Key in keyof Member]: Member[Key] };

/** The members of a report while it is written. `undefined` as a member is the outermost archive. */
export interface MemberList {
  readonly members: readonly Member[];
  /** The outermost archive. */
  readonly outer: { readonly kinds: readonly ArchiveKind[]; readonly locked: boolean };
  /** Returns the index. */
  add(parent: number | undefined, facts: MemberFacts): number;
  recognised(member: number | undefined, kinds: readonly ArchiveKind[]): void;
  locked(member: number | undefined): void;
}

/** Creates an empty list. */
export function createMemberList(): MemberList {
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

/** The problems of a report while it is written: one of each for each archive. */
export interface ProblemList {
  add(member: number | undefined, problem: ArchiveProblem): void;
  has(member: number | undefined): boolean;
  all(): readonly ProblemReport[];
}

/** Creates an empty list. */
export function createProblemList(): ProblemList {
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
