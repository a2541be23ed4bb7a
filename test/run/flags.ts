import { SUITES } from '../setup/suites.ts';

/** Everything of `pnpm check`, as one name for `--only`. */
export const CHECK = 'check';

/** What a run is asked to do. */
export interface Flags {
  /** `check` and names of suites; all of them without `--only`. */
  readonly only: readonly string[];
  /** False with `--no-install`. */
  readonly mayInstall: boolean;
}

/** A command line that is not a run: what to print, and whether it was asked for. */
export interface NoRun {
  readonly text: string;
  readonly asked: boolean;
}

const USAGE = `usage: npm test -- [--help] [--no-install] [--only ${[CHECK, ...SUITES.map((suite) => suite.name)].join('|')}]...`;
const HELP = `${USAGE}

Runs the checks that need no service (${CHECK}), then the suites with real programs; everything without --only.
  --only NAME[,NAME]  only these; may be given several times
  --no-install        install no Debian packages; suites whose programs are missing are left out
  --help              this text
`;

/** Reads the command line. */
export function parseFlags(args: readonly string[]): Flags | NoRun {
  if (args.includes('--help') || args.includes('-h')) return { text: HELP, asked: true };
  const problem = (text: string): NoRun => ({ text: `${text}\n`, asked: false });
  const known = [CHECK, ...SUITES.map((suite) => suite.name)];
  const only: string[] = [];
  let mayInstall = true;
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i];
    if (word === '--no-install') mayInstall = false;
    else if (word === '--only') {
      i += 1;
      const names = (args[i] ?? '').split(',');
      const wrong = names.find((name) => !known.includes(name));
      if (wrong !== undefined) return problem(`--only takes ${known.join(', ')}, not "${wrong}"`);
      only.push(...names);
    } else return problem(`unknown argument "${word}"; ${USAGE}`);
  }
  return { only: only.length === 0 ? known : known.filter((name) => only.includes(name)), mayInstall };
}
