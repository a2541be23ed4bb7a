import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of clamd.conf by option; undefined takes an option away. */
export type ClamdSettings = Readonly<Record<string, string | undefined>>;

/** The configuration that we ship. */
export function shippedClamdConf(): string {
  return readFileSync(join(import.meta.dirname, '..', '..', '..', 'deploy', 'clamav', 'clamd.conf'), 'utf8');
}

/** A configuration with some of its options replaced: what is not named here stays as it is shipped. */
export function withSettings(text: string, settings: ClamdSettings): string {
  const kept = text.split('\n').filter((line) => {
    const option = line.split(' ')[0] ?? '';
    return !line.startsWith('#') && option !== '' && !(option in settings);
  });
  const added = Object.entries(settings).flatMap(([option, value]) => (value === undefined ? [] : [`${option} ${value}`]));
  return [...kept, ...added, ''].join('\n');
}
