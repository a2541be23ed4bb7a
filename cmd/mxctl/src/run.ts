import { explainFailure } from '@vratny/adapters';
import { RegisterRefusal } from '@vratny/directory';
import { CommanderError } from 'commander';
import { AnswerIsNo, EXIT } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { complain, type Terminal } from './terminal.ts';

/** Runs one command line, without the program's name. @returns the exit code; never rejects */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' });
    return EXIT.fine;
  } catch (error) {
    return explain(error, terminal);
  }
}

function explain(error: unknown, terminal: Terminal): number {
  // Commander has said what it had to say; asking for help is no mistake, forgetting the command is one.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (error instanceof AnswerIsNo) return EXIT.refused;
  if (error instanceof RegisterRefusal) {
    complain(terminal, error.message);
    return EXIT.refused;
  }
  const failure = explainFailure(error);
  if (failure !== undefined) {
    for (const line of failure.lines) complain(terminal, line);
    return failure.exitCode;
  }
  complain(terminal, `a bug: ${error instanceof Error ? error.message : String(error)} (VRATNY_DEBUG=1 shows where)`);
  if (terminal.env['VRATNY_DEBUG'] === '1' && error instanceof Error) terminal.err(`${error.stack ?? ''}\n`);
  return EXIT.bug;
}
