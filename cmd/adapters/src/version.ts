import { getAsset, isSea } from 'node:sea';
import manifest from '../package.json' with { type: 'json' };

/** What `--version` of a program prints: its name, the version that all packages of a release have, and of an executable the commit. */
export function versionOf(program: string): string {
  const commit = isSea() ? ` (${getAsset('commit', 'utf8')})` : '';
  return `${program} ${manifest.version}${commit}`;
}
