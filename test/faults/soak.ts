import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { readSoakFlags } from './soak/flags.ts';
import { LONG } from './soak/plan.ts';
import { runSoak } from './soak/run-soak.ts';
import { formatSoak } from './soak/table.ts';

/**
 * `node test/faults/soak.ts [--messages 20000] [--seed N]`: two hosts, one Redis, one store, and kills every few seconds. Exit code 0: nothing was
 * lost or torn, and every second copy is explained by what was seen; 1: not so; 64: wrong command line. Ctrl-C ends it early, with what there is.
 */
const flags = readSoakFlags(process.argv.slice(2), () => randomInt(2 ** 31));
if ('problem' in flags) {
  process.stderr.write(`${flags.problem}\n`);
  process.exitCode = 64;
} else {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  const terminal = process.stdout.isTTY;
  process.stdout.write(`seed ${flags.seed}\n`);
  const result = await runSoak(
    { ...LONG, ...flags },
    { signal: stopping.signal, onProgress: (line) => void (terminal && process.stdout.write(`\r${line}`)) },
  );
  writeSync(1, `${terminal ? '\n' : ''}${formatSoak(result)}\n`);
  // Node 24 can spin for ever in its own clean-up after connections that were reset: it is not left to that.
  process.exit(result.comparison.problems.length === 0 ? 0 : 1);
}
