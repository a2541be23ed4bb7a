import { findMissing, runTool } from './apt.ts';
import { withoutStartingServices } from './no-start.ts';

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
  const missing = findMissing(packages);
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
