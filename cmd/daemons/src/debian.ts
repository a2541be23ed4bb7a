import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What the installing may do, and where it says so. */
export interface InstallOptions {
  /** False: look, but install nothing. */
  readonly mayInstall: boolean;
  readonly say: (line: string) => void;
}

/**
 * Brings Debian packages onto this machine when it may (root, and apt-get works), without starting their services.
 * Returns the packages that are still missing afterwards, and never throws: what needs one of them is left out, by
 * name.
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
function whyNot(options: InstallOptions): string | undefined {
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
function runTool(command: string, args: readonly string[], options: { readonly loud?: boolean } = {}): boolean {
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
 * Keeps freshly installed packages from starting their services while `work` runs. A policy that the machine already
 * has stays as it is, and ours is taken away again whatever happens.
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

/**
 * Debian packages that cannot be installed beside others (one machine has one mail server), unpacked into a folder
 * instead, with what they depend on and this machine lacks. None of their scripts is run.
 */
export interface UnpackedPackages {
  readonly packages: readonly string[];
  /** Absolute; it exists only when it is complete. */
  readonly folder: string;
}

/** Where `/bin` and the others are links, as on every Debian 12. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/** Unpacks what is not unpacked yet, when it may. Returns what is still missing afterwards, and never throws. */
export function unpackPackages(wanted: readonly UnpackedPackages[], options: InstallOptions): readonly UnpackedPackages[] {
  const missing = wanted.filter(({ folder }) => !existsSync(folder));
  if (missing.length === 0) return [];
  const names = missing.flatMap(({ packages }) => packages).join(', ');
  const reason = whyNot(options);
  if (reason !== undefined) {
    options.say(`Debian packages ${names} are not unpacked, and ${reason}`);
    return missing;
  }
  options.say(`downloading and unpacking the Debian packages ${names}, once (they are not installed) ...`);
  for (const one of missing) {
    const failure = unpack(one, options);
    if (failure !== undefined) options.say(failure);
  }
  return missing.filter(({ folder }) => !existsSync(folder));
}

/** Returns what went wrong. */
function unpack({ packages, folder }: UnpackedPackages, options: InstallOptions): string | undefined {
  const archives = mkdtempSync(join(tmpdir(), 'vratny-unpack-'));
  const beside = `${folder}.${process.pid}`;
  try {
    if (!download(packages, archives, options)) return `apt-get could not download ${packages.join(', ')}`;
    mkdirSync(join(beside, 'usr'), { recursive: true });
    for (const name of MERGED) {
      mkdirSync(join(beside, 'usr', name));
      symlinkSync(`usr/${name}`, join(beside, name));
    }
    const files = readdirSync(archives).filter((name) => name.endsWith('.deb'));
    const failed = files.filter((file) => !extract(join(archives, file), beside));
    if (failed.length > 0) return `cannot unpack ${failed.join(', ')}`;
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(beside, folder);
    return undefined;
  } finally {
    rmSync(archives, { recursive: true, force: true });
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Fetches the packages and what they need into a folder. Nothing is installed, so that no lock of dpkg is taken. */
function download(packages: readonly string[], folder: string, options: InstallOptions): boolean {
  const args = ['-o', `Dir::Cache::archives=${folder}/`, '-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=root'];
  const install = [...args, 'install', '-y', '-q', '--no-install-recommends', '--download-only', '--reinstall', ...packages];
  // Package lists may be absent or stale, so the first failure only means that they must be fetched.
  if (runTool('apt-get', install)) return true;
  options.say('fetching the package lists ...');
  runTool('apt-get', ['update', '-q'], { loud: true });
  return runTool('apt-get', install, { loud: true });
}

/** `dpkg-deb -x` would put folders in the place of our links. */
function extract(file: string, folder: string): boolean {
  const script = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"';
  return spawnSync('sh', ['-c', script, 'sh', file, folder], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}
