import type { OpenArchive } from './formats/format.ts';

/** Characters that Windows drops at the end of a name. */
export const DROPPED = /[.\s]/u;

/**
 * The part of a name after its last dot, in lower case; empty when there is none. Dots and spaces at the end are
 * ignored, as Windows does.
 */
export function extensionOf(name: string | undefined): string {
  const bare = trimEndOf(name ?? '', DROPPED);
  const dot = bare.lastIndexOf('.');
  return dot <= Math.max(bare.lastIndexOf('/'), bare.lastIndexOf('\\')) ? '' : bare.slice(dot + 1).toLowerCase();
}

/**
 * Removes characters of a kind from the end of a text. A pattern with `+$` would take quadratic time on a name of
 * 65,535 spaces and a letter.
 */
export function trimEndOf(text: string, kind: RegExp): string {
  let end = text.length;
  while (end > 0 && kind.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/**
 * What unpackers call the content of a compressed file that stores no name: `.tgz` becomes `.tar`, others lose their
 * extension.
 */
export function impliedName(name: string | undefined, extensions: readonly string[]): string {
  const outer = trimEndOf(name ?? 'content', DROPPED);
  const extension = extensionOf(outer);
  const stem = outer.slice(0, outer.length - extension.length - 1);
  if (/^(tgz|tpz|tbz2?|txz|tlz|tzst|taz)$/u.test(extension)) return `${stem}.tar`;
  return extensions.includes(extension) && stem !== '' ? stem : `${outer}~`;
}

/**
 * Returns the implied name that the content goes under; the others, of a part with several names, are added as members.
 */
export function addImpliedNames(archive: Pick<OpenArchive, 'names' | 'add'>, extensions: readonly string[]): string {
  const [first = impliedName(undefined, extensions), ...others] = new Set(archive.names.map((name) => impliedName(name, extensions)));
  for (const name of others) archive.add({ name });
  return first;
}
