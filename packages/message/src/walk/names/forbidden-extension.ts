import { openedForms } from './opened-forms.ts';

/** Extensions that policies c and d refuse, in lower case, with the dot. */
export const FORBIDDEN_EXTENSIONS: readonly string[] = [
  '.bat',
  '.chm',
  '.cmd',
  '.com',
  '.cpl',
  '.dll',
  '.exe',
  '.hlp',
  '.hta',
  '.jar',
  '.js',
  '.pif',
  '.reg',
  '.scr',
  '.shs',
  '.vbe',
  '.vbs',
  '.vxd',
  '.wsf',
  '.wsh',
];

/**
 * Windows takes a class in braces for an extension: `x.txt.{3050F4D8-...}` opens as an HTML application, and so on for the classes that
 * stand for an extension of the list.
 */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['3050f4d8-98b5-11cf-bb82-00aa00bdce0b', '.hta'],
  ['00021401-0000-0000-c000-000000000046', '.pif'],
]);
const CLASS = /\.\{([0-9a-f-]{36})\}$/u;

/**
 * Systems and readers that shorten a name cut it at a length of their own (a file system at 255, some readers from 128 on), so in a long
 * name an extension further in may be the one that is left.
 */
const LONG_NAME_CHARS = 128;

/**
 * Short printable ASCII with nothing in it that is decoded (`%`, `=?`), that divides a name (`:`) or that is dropped at its end. Nearly all
 * names in archives are so, and there may be thousands: what stands behind the last dot is all that {@link openedForms} could tell of them.
 */
const PLAIN = /^[ -$&-9;->@-~]{0,127}[A-Za-z0-9_-]$/u;

/** The first piece of a split file, which unpackers put together under the name without this number. */
const FIRST_PIECE = /\.0{1,4}1$/u;

/** The extension of `list` with which some reader's system would open a file of this name; undefined when there is none. */
export function forbiddenExtension(name: string, list: readonly string[] = FORBIDDEN_EXTENSIONS): string | undefined {
  const found = extensionIn(name, list);
  return found === undefined && FIRST_PIECE.test(name) ? extensionIn(name.replace(FIRST_PIECE, ''), list) : found;
}

function extensionIn(name: string, list: readonly string[]): string | undefined {
  if (PLAIN.test(name)) return plainExtension(name, list);
  for (const form of openedForms(name)) {
    const found = extensionOf(form, list);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A path whose last segment has no dot yields something with a slash in it, which is no extension. */
function plainExtension(name: string, list: readonly string[]): string | undefined {
  const last = name.lastIndexOf('.');
  const extension = last === -1 ? undefined : name.slice(last).toLowerCase();
  return extension !== undefined && list.includes(extension) ? extension : undefined;
}

function extensionOf(form: string, list: readonly string[]): string | undefined {
  const byClass = CLASSES.get(CLASS.exec(form)?.[1] ?? '');
  if (byClass !== undefined && list.includes(byClass)) return byClass;
  const last = form.lastIndexOf('.');
  const extension = last === -1 ? undefined : form.slice(last);
  if (extension !== undefined && list.includes(extension)) return extension;
  if (form.length <= LONG_NAME_CHARS) return undefined;
  return form
    .split('.')
    .slice(1)
    .map((segment) => `.${segment.trimEnd()}`)
    .find((segment) => list.includes(segment));
}
