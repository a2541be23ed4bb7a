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

const USAGE = `usage: npm test -- [--no-install] [--only ${[CHECK, ...SUITES.map((suite) => suite.name)].join('|')}]...`;

/** Reads the command line; `problem` is one line for the person who typed it. */
export function parseFlags(args: readonly string[]): Flags | { readonly problem: string } {
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
      if (wrong !== undefined) return { problem: `--only takes ${known.join(', ')}, not "${wrong}"` };
      only.push(...names);
    } else return { problem: `unknown argument "${word}"; ${USAGE}` };
  }
  return { only: only.length === 0 ? known : known.filter((name) => only.includes(name)), mayInstall };
}
