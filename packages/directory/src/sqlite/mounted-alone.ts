import { readFileSync, realpathSync } from 'node:fs';

/**
 * Whether a file is mounted by itself, without its folder, as containers do with single files: what SQLite keeps beside it, and what was written last, cannot be seen
 * then. False where the system does not tell. Never throws.
 */
export function isMountedAlone(path: string): boolean {
  try {
    const real = realpathSync(path);
    return mountPoints(readFileSync('/proc/self/mountinfo', 'utf8')).includes(real);
  } catch {
    return false;
  }
}

/** The fifth field of each line, in which blanks are octal (proc_pid_mountinfo(5)). */
function mountPoints(mountinfo: string): readonly string[] {
  return mountinfo
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((point) => point.replaceAll(/\\([0-7]{3})/gu, (_all, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8))));
}
