import { DirectoryFault } from '@vratny/directory';
import { HistoryFault } from '@vratny/journal/history';
import { StateFault } from '@vratny/state';

/** EX_CONFIG of sysexits.h: something in the configuration keeps the program from starting. */
export const EXIT_CONFIG = 78;

/** EX_TEMPFAIL of sysexits.h: the same command may work later. */
export const EXIT_TEMPORARY = 75;

/**
 * What keeps a program from starting, in words for the operator: a program prints the message and exits with
 * `exitCode`.
 */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
  readonly exitCode: number;

  /** The message has one problem per line. */
  constructor(message: string, exitCode: number = EXIT_CONFIG, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What a program tells its user when it cannot go on. */
export interface Failure {
  /** For standard error. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** A failure that is no bug, in words; undefined for everything else. */
export function explainFailure(error: unknown): Failure | undefined {
  if (error instanceof StartProblem) return { lines: error.message.split('\n'), exitCode: error.exitCode };
  if (error instanceof DirectoryFault || error instanceof StateFault || error instanceof HistoryFault)
    return { lines: [error.message], exitCode: EXIT_TEMPORARY };
  return undefined;
}
