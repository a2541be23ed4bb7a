import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type InstallOptions, runTool, whyNot } from './debian.ts';

/**
 * Debian packages that cannot be installed beside others (one machine has one mail server), unpacked into a folder instead, with
 * what they depend on and this machine lacks. None of their scripts is run.
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
