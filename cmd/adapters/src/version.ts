import manifest from '../package.json' with { type: 'json' };

/** What `--version` of a program prints: its name, and the version that all packages of a release have. */
export function versionOf(program: string): string {
  return `${program} ${manifest.version}`;
}
