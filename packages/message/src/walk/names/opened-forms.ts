import { VALUE_MAX_CHARS } from '../../limits.ts';
import { decodeEncodedWords, percentOctets } from './encoded-words.ts';
import { decodeOctets } from './octets-to-text.ts';

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
