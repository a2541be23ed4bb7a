import { tmpdir } from 'node:os';
import { explainFailure } from '@vratny/adapters';
import { runArchiveReader } from './archive-reader.ts';
import { readFlags } from './flags.ts';
import { runPrimary } from './primary.ts';
import { isWorker, READER_COMMAND } from './self.ts';
import { runTarpit } from './tarpit.ts';
import { runWorker } from './worker.ts';

const argv = process.argv.slice(2);
if (isWorker(argv)) runWorker();
else if (argv[0] === READER_COMMAND) void runArchiveReader(argv[1] ?? tmpdir());
// No await at the top: the program must also be a CommonJS bundle.
else void runMx(argv);

async function runMx(words: readonly string[]): Promise<void> {
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
