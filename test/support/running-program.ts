import { type RunningProgram, startProgram } from '@vratny/daemons';
import { RUN_MS } from './limits.ts';

/** Runs a program to its end; one that goes on for too long is stopped. */
export async function runToEnd(command: string, args: readonly string[], options: { readonly cwd?: string } = {}): Promise<RunningProgram> {
  const program = startProgram(command, args, options);
  const timer = setTimeout(() => void program.stop(), RUN_MS);
  await program.ended.finally(() => clearTimeout(timer));
  return program;
}
