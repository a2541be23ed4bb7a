/** Lists the names inside archives, within a budget. */

export { DEFAULT_BUDGET } from './limits.ts';
export type {
  ArchiveBudget,
  ArchiveFaultKind,
  ArchiveKind,
  ArchiveProblem,
  ArchiveReport,
  ArchiveSource,
  Archives,
  Member,
  ProblemReport,
} from './port.ts';
export { ArchiveFault, memberPath } from './port.ts';
