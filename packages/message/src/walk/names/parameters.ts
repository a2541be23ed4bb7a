import { PARAMETERS_MAX, VALUE_MAX_CHARS } from '../../limits.ts';

/** One `name=`, `filename=` or `boundary=` of a field, wherever it stands: inside comments and quoted strings too. */
export interface Parameter {
  readonly key: 'name' | 'filename' | 'boundary';
  /** `name*2=` is section 2 (RFC 2231 §3). */
  readonly section: number | undefined;
  /** `name*=` or `name*0*=`: percent-encoded with a charset (RFC 2231 §4). */
  readonly extended: boolean;
  /** As RFC 2045 §5.1 reads it, with quoted and unquoted pieces joined. */
  readonly value: string;
  /** As other readers take it: up to the first quote, semicolon or space, with or without escapes. Without `value`. */
  readonly others: readonly string[];
  /** It stands behind a semicolon and in no quoted string, so that all readers take it for a parameter. */
  readonly proper: boolean;
  /** A quoted string that does not end. */
  readonly unterminated: boolean;
}

/** What was found in one field. */
export interface Parameters {
  readonly list: readonly Parameter[];
  /** True when there are more than `limits.ts` allows. */
  readonly cut: boolean;
}

// Not after a character of a token: `x-name=` is another parameter.
const PARAMETER = /(?<![A-Za-z0-9_.-])((?:file)?name|boundary)[ \t\f\v]*(?:\*(\d{0,9})(\*)?)?[ \t\f\v]*=[ \t\f\v]*/giu;

/** Values that do not end run over those behind them; together they may be so many times as long as the field. */
const OVERLAP_MAX = 4;

/** Finds the parameters of a field's text. Linear: values may overlap, but not often. */
export function findParameters(text: string): Parameters {
  const list: Parameter[] = [];
  let read = 0;
  let end = 0;
  let quoted = false;
  for (const match of text.matchAll(PARAMETER)) {
    if (list.length >= PARAMETERS_MAX || read > OVERLAP_MAX * text.length) return { list, cut: true };
    quoted = isQuotedBehind(text, end, match.index, quoted);
    end = match.index;
    const parameter = readParameter(match, text, !quoted && isSeparated(text, end));
    read += parameter.value.length;
    list.push(parameter);
  }
  return { list, cut: false };
}

/** Whether `to` lies in a quoted string, when `from` does or not. */
function isQuotedBehind(text: string, from: number, to: number, before: boolean): boolean {
  let quoted = before;
  for (let at = from; at < to; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
  }
  return quoted;
}

/** White space before a parameter that is looked at; more is nothing honest. */
const SEPARATOR_MAX_CHARS = 80;

function isSeparated(text: string, at: number): boolean {
  return text
    .slice(Math.max(0, at - SEPARATOR_MAX_CHARS), at)
    .trimEnd()
    .endsWith(';');
}

function readParameter(match: RegExpExecArray, text: string, proper: boolean): Parameter {
  const from = match.index + match[0].length;
  const rest = text.slice(from, from + VALUE_MAX_CHARS);
  const { value, unterminated } = readJoined(rest);
  const others = new Set(rest.startsWith('"') ? quotedReadings(rest) : tokenReadings(rest));
  // Both differ from the first only where there is a quote or a backslash.
  if (rest.includes('\\') || rest.includes('"')) {
    for (const escapesAnywhere of [false, true]) {
      for (const endsAtQuote of [false, true]) others.add(readJoined(rest, { escapesAnywhere, endsAtQuote }).value);
    }
  }
  others.delete(value);
  const digits = match[2];
  return {
    key: readKey(match[1] ?? ''),
    section: digits === undefined || digits === '' ? undefined : Number(digits),
    // `name*=`: an asterisk without a number.
    extended: match[3] !== undefined || digits === '',
    value,
    others: [...others],
    proper,
    unterminated,
  };
}

function readKey(text: string): Parameter['key'] {
  const key = text.toLowerCase();
  return key === 'name' || key === 'filename' ? key : 'boundary';
}

interface JoinOptions {
  /** A backslash escapes outside quotes too. */
  readonly escapesAnywhere?: boolean;
  /** What follows the first closing quote is junk. */
  readonly endsAtQuote?: boolean;
}

/** Quotes only switch; a backslash escapes; a semicolon outside quotes ends. White space around it is not part of it. */
function readJoined(rest: string, options: JoinOptions = {}): { readonly value: string; readonly unterminated: boolean } {
  let value = '';
  let significant = 0;
  let quoted = false;
  for (let at = 0; at < rest.length; at += 1) {
    const char = rest.charAt(at);
    if (char === '"') {
      quoted = !quoted;
      significant = value.length;
      if (!quoted && options.endsAtQuote === true) break;
    } else if (char === ';' && !quoted) break;
    else {
      const escapes = char === '\\' && (quoted || options.escapesAnywhere === true);
      if (escapes) at += 1;
      value += escapes ? rest.charAt(at) : char;
      if (quoted || (char !== ' ' && char !== '\t')) significant = value.length;
    }
  }
  return { value: value.slice(0, significant), unterminated: quoted };
}

function quotedReadings(rest: string): readonly string[] {
  const inner = rest.slice(1);
  const strict = /^(?:[^"\\]|\\.)*/su.exec(inner)?.[0] ?? '';
  const naive = /^[^"]*/u.exec(inner)?.[0] ?? '';
  const upToSemicolon = /^[^;]*/u.exec(inner)?.[0] ?? '';
  return [
    strict.replace(/\\(.)/gsu, '$1'),
    strict,
    naive,
    upToSemicolon.replaceAll('"', '').trimEnd(),
    upToSemicolon.replace(/"\s*"/gu, '').replace(/"\s*$/u, ''),
  ];
}

function tokenReadings(rest: string): readonly string[] {
  const upToSemicolon = (/^[^;]*/u.exec(rest)?.[0] ?? '').trimEnd();
  const upToSpace = /^[^\s;]*/u.exec(rest)?.[0] ?? '';
  return [upToSemicolon, upToSpace, upToSpace.replace(/,$/u, ''), ...(rest.startsWith("'") ? [/^'([^']*)/u.exec(rest)?.[1] ?? ''] : [])];
}
