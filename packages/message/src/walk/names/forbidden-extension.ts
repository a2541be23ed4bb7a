import { VALUE_MAX_CHARS } from '../../limits.ts';
import { decodeEncodedWords, percentOctets } from './field-readings.ts';
import { decodeOctets } from './octets-to-text.ts';

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

/** Archives and names are read up to here from both ends: what lies between decides nothing. */
const NAME_MAX_CHARS = VALUE_MAX_CHARS;

// Control, format (zero width, bidirectional), soft hyphen, variation selectors, fillers that show nothing, surrogates alone, tags.
const INVISIBLE = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Default_Ignorable_Code_Point}/gu;
// Nothing that the line above removes and nothing that a compatibility form exists for.
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/u;
// What Windows forbids at the end of a name or drops, and quotes that readers leave: after it, the extension before counts.
const TRAILING = /[\s.,;"'<>|?*`)\]}\u00a0]/u;
const PATH_END = /[\s/\\]/u;
const DOTS_END = /[\s./\\]/u;
const QUOTES = /^["'<\s]+/u;
const CLASS_SUFFIX = /\.\{[0-9a-f-]{36}\}$/u;

/**
 * The names, in lower case, under which a reader on Windows or macOS may store and open a file: encoded words and percent signs decoded,
 * compatibility forms folded (NFKC: full-width letters and dots), invisible characters removed, cut at NUL, the last segment of a path,
 * both sides of an alternate data stream, trailing dots, spaces and characters that file systems drop removed.
 */
export function openedForms(name: string): readonly string[] {
  const bounded = name.length <= NAME_MAX_CHARS * 2 ? name : name.slice(0, NAME_MAX_CHARS) + name.slice(-NAME_MAX_CHARS);
  const forms = new Set<string>();
  for (const decoded of decodedForms(bounded)) {
    for (const cut of cutAtNul(decoded)) {
      for (const segment of segmentsOf(folded(cut))) forms.add(segment);
    }
  }
  forms.delete('');
  return [...forms];
}

function decodedForms(name: string): ReadonlySet<string> {
  const decoded = new Set([name, ...decodeEncodedWords(name)]);
  // Once and twice: a link that is shown as a name is decoded again when it is opened.
  for (const text of [...decoded]) {
    if (!text.includes('%')) continue;
    const once = decodeOctets(percentOctets(text));
    decoded.add(once);
    if (once.includes('%')) decoded.add(decodeOctets(percentOctets(once)));
  }
  return decoded;
}

function cutAtNul(text: string): readonly string[] {
  const nul = text.indexOf('\0');
  return nul === -1 ? [text] : [text, text.slice(0, nul)];
}

function folded(text: string): string {
  return (PRINTABLE_ASCII.test(text) ? text : text.normalize('NFKC').replace(INVISIBLE, '')).toLowerCase();
}

/** The last segment of the path, and of that what stands before and behind colons (`x.exe::$DATA`, `x.txt:evil.exe`). */
function segmentsOf(text: string): readonly string[] {
  // `run.exe/.` and `run.exe//` are written as run.exe by unpackers that clean paths.
  const path = withoutDots(withoutEnd(text, PATH_END));
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return (last.includes(':') ? [last, ...last.split(':')] : [last]).map(trimmed);
}

/** Without segments at the end that mean the folder itself. */
function withoutDots(path: string): string {
  const bare = withoutEnd(path, DOTS_END);
  return /[/\\]/u.test(path.slice(bare.length)) ? bare : path;
}

function trimmed(segment: string): string {
  const bare = segment.trim();
  return (bare.endsWith('}') && CLASS_SUFFIX.test(bare) ? bare : withoutEnd(bare, TRAILING)).replace(QUOTES, '');
}

/** Without the characters at the end that are of a kind. No `+$`: that starts again at every character of a run which does not end the text. */
function withoutEnd(text: string, kind: RegExp): string {
  let end = text.length;
  while (end > 0 && kind.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
