import { DirectoryFault } from '@vratny/directory';
import { StateFault } from '@vratny/state';
import { EXIT_TEMPORARY, StartProblem } from './start-problem.ts';

/** What a program tells its user when it cannot go on. */
export interface Failure {
  /** For standard error. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** A failure that is no bug, in words; undefined for everything else. */
export function explainFailure(error: unknown): Failure | undefined {
  if (error instanceof StartProblem) return { lines: error.message.split('\n'), exitCode: error.exitCode };
  if (error instanceof DirectoryFault || error instanceof StateFault) return { lines: [error.message], exitCode: EXIT_TEMPORARY };
  return undefined;
}
