import { explainFailure } from '@vratny/adapters';
import { readFlags } from './flags.ts';
import { runPrimary } from './primary.ts';
import { runTarpit } from './tarpit.ts';

/** Runs the host that the flags name and ends the process with its exit code. */
export async function runMx(words: readonly string[]): Promise<void> {
  const flags = readFlags(words);
  if (flags.kind === 'exit') return process.exit(flags.code);
  try {
    const { host } = flags.flags;
    const run = host.role === 'secondary' && host.letter === 'c' ? runTarpit : runPrimary;
    process.exit(await run(flags.flags));
  } catch (error) {
    const failure = explainFailure(error);
    if (!failure) throw error;
    for (const line of failure.lines) process.stderr.write(`mx: ${line}\n`);
    process.exit(failure.exitCode);
  }
}
