/** Names inside archives, within a budget. */

export type { ArchiveFaultKind } from './fault.ts';
export { ArchiveFault } from './fault.ts';
export { DEFAULT_BUDGET } from './limits.ts';
export { memberPath } from './member-path.ts';
export type {
  ArchiveBudget,
  ArchiveKind,
  ArchiveProblem,
  ArchiveReport,
  ArchiveSource,
  Archives,
  Member,
  ProblemReport,
} from './port.ts';
