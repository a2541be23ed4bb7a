import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** What the installing may do, and where it says so. */
export interface InstallOptions {
  /** False: look, but install nothing. */
  readonly mayInstall: boolean;
  readonly say: (line: string) => void;
}

/**
 * Brings Debian packages onto this machine when it may (root, and apt-get works), without starting their services. Returns the
 * packages that are still missing afterwards, and never throws: what needs one of them is left out, by name.
 */
export function installPackages(packages: readonly string[], options: InstallOptions): readonly string[] {
  const missing = findMissing([...new Set(packages)]);
  if (missing.length === 0) return [];
  const reason = whyNot(options);
  if (reason !== undefined) {
    options.say(`Debian packages ${missing.join(', ')} are not installed, and ${reason}`);
    return missing;
  }
  options.say(`installing the Debian packages ${missing.join(', ')}, once (services are not started) ...`);
  withoutStartingServices(() => install(missing, options));
  return findMissing(packages);
}

/** Why nothing can be installed; undefined when it can. */
export function whyNot(options: InstallOptions): string | undefined {
  if (!options.mayInstall) return '--no-install was given';
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Debian can install them';
  return runTool('apt-get', ['--version']) ? undefined : 'apt-get does not work here';
}

function install(packages: readonly string[], options: InstallOptions): void {
  const args = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  // Package lists may be absent or stale, so the first failure only means that they must be fetched.
  if (runTool('apt-get', args)) return;
  options.say('fetching the package lists ...');
  runTool('apt-get', ['update', '-q'], { loud: true });
  if (!runTool('apt-get', args, { loud: true })) options.say(`apt-get could not install ${packages.join(', ')}`);
}

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
function findMissing(packages: readonly string[]): readonly string[] {
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

/** invoke-rc.d asks this program before it starts anything; 101 forbids it (Debian policy, "policy-rc.d"). */
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/**
 * Keeps freshly installed packages from starting their services while `work` runs. A policy that the machine already has stays as it
 * is, and ours is taken away again whatever happens.
 */
function withoutStartingServices<T>(work: () => T): T {
  const ours = !existsSync(POLICY_FILE);
  if (ours) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    if (ours) rmSync(POLICY_FILE, { force: true });
  }
}
