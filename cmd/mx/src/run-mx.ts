import { connectSystemd, explainFailure } from '@vratny/adapters';
import { readFlags } from './flags.ts';

/** Runs the host that the flags name and ends the process with its exit code. What serves is loaded when the flags make sense. */
export async function runMx(words: readonly string[]): Promise<void> {
  const systemd = connectSystemd({ env: process.env, pid: process.pid });
  const flags = readFlags(words, systemd.sockets);
  if (flags.kind === 'exit') return process.exit(flags.code);
  try {
    const { host } = flags.flags;
    const isTarpit = host.role === 'secondary' && host.letter === 'c';
    const run = isTarpit ? (await import('./tarpit.ts')).runTarpit : (await import('./primary.ts')).runPrimary;
    process.exit(await run(flags.flags, systemd));
  } catch (error) {
    const failure = explainFailure(error);
    if (!failure) throw error;
    for (const line of failure.lines) process.stderr.write(`mx: ${line}\n`);
    process.exit(failure.exitCode);
  }
}
