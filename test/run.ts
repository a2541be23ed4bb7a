/** `npm test`: the Debian packages, everything that needs no service, then the suites with real programs. See `run/flags.ts`. */
import { parseFlags } from './run/flags.ts';
import { runAll } from './run/run-all.ts';

const flags = parseFlags(process.argv.slice(2));
if ('text' in flags) {
  (flags.asked ? process.stdout : process.stderr).write(flags.text);
  process.exitCode = flags.asked ? 0 : 64;
} else {
  process.exitCode = await runAll(flags);
}
