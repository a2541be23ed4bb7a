import { trimEndOf } from '../trim-end.ts';
import { DROPPED, extensionOf } from './format.ts';

/** What unpackers call the content of a compressed file that stores no name: `.tgz` becomes `.tar`, others lose their extension. */
export function impliedName(name: string | undefined, extensions: readonly string[]): string {
  const outer = trimEndOf(name ?? 'content', DROPPED);
  const extension = extensionOf(outer);
  const stem = outer.slice(0, outer.length - extension.length - 1);
  if (/^(tgz|tpz|tbz2?|txz|tlz|tzst|taz)$/u.test(extension)) return `${stem}.tar`;
  return extensions.includes(extension) && stem !== '' ? stem : `${outer}~`;
}
