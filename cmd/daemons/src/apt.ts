import { spawnSync } from 'node:child_process';

/** A fresh machine downloads package lists and some ten megabytes. */
const APT_TIMEOUT_MS = 300_000;
const QUERY_TIMEOUT_MS = 20_000;
/** dpkg-query's own placeholders: one `NAME STATUS` line for each package. */
const FORMAT = `$\{Package} $\{db:Status-Status}\\n`;

/** Runs one of Debian's programs; true when it exists and exits with 0. Its output goes to stderr only when `loud`. */
export function runTool(command: string, args: readonly string[], options: { readonly loud?: boolean } = {}): boolean {
  const output = options.loud === true ? 2 : 'ignore';
  const run = spawnSync(command, args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    stdio: ['ignore', output, output],
    timeout: APT_TIMEOUT_MS,
  });
  return run.status === 0;
}

/** The packages of a list that dpkg does not know as installed; all of them where there is no dpkg. */
export function findMissing(packages: readonly string[]): readonly string[] {
  if (packages.length === 0) return [];
  // dpkg-query exits with 1 when it knows nothing of one of them; what it prints of the others holds all the same.
  const run = spawnSync('dpkg-query', ['-W', '-f', FORMAT, ...packages], { encoding: 'utf8', timeout: QUERY_TIMEOUT_MS });
  return missingIn(run.error === undefined ? run.stdout : '', packages);
}

/** Reads `NAME STATUS` lines; what is not `installed` is missing. */
export function missingIn(listing: string, packages: readonly string[]): readonly string[] {
  const installed = new Set(
    listing
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.slice(0, line.indexOf(' '))),
  );
  return packages.filter((name) => !installed.has(name));
}
