/**
 * Blanks out what is not code: comments, and on request the insides of strings, templates and regular expressions. Every character
 * keeps its place, so that lines and offsets still hold. A small scanner instead of a parser: the TypeScript package's own is
 * still published as unstable.
 */

/** What is left after blanking. */
export interface Blanked {
  /** Without comments; strings are whole. */
  readonly withStrings: string;
  /** Without comments and without the insides of strings, templates and regular expressions. */
  readonly codeOnly: string;
}

/** After these words a slash begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|await|yield|else|do))\s*$/u;
const LOOK_BACK = 40;

/** Reads a source text once, from the front. */
export function blank(source: string): Blanked {
  const withStrings = toUnits(source);
  const codeOnly = [...withStrings];
  // Templates nest: each `${` remembers how deep the braces were.
  const templates: number[] = [];
  let depth = 0;
  const hide = (target: string[], from: number, to: number) => {
    for (let k = from; k < to; k += 1) if (target[k] !== '\n') target[k] = ' ';
  };
  let i = 0;
  while (i < source.length) {
    const end = endOfToken(source, i, codeOnly);
    if (end.kind === 'comment') {
      hide(withStrings, i, end.at);
      hide(codeOnly, i, end.at);
    } else if (end.kind === 'text') {
      hide(codeOnly, i + 1, end.at - 1);
    } else if (source[i] === '`' || (source[i] === '}' && templates.at(-1) === depth)) {
      if (source[i] === '}') templates.pop();
      const stop = endOfTemplatePart(source, i + 1);
      hide(codeOnly, i + 1, stop.at - 1);
      if (stop.opens) templates.push(depth);
      i = stop.at;
      continue;
    } else if (source[i] === '{') depth += 1;
    else if (source[i] === '}') depth -= 1;
    i = end.at;
  }
  return { withStrings: withStrings.join(''), codeOnly: codeOnly.join('') };
}

/** UTF-16 units, so that indices are those of the source. */
function toUnits(source: string): string[] {
  return source.split('');
}

interface TokenEnd {
  readonly kind: 'comment' | 'text' | 'code';
  readonly at: number;
}

function endOfToken(source: string, i: number, codeOnly: readonly string[]): TokenEnd {
  const two = source.slice(i, i + 2);
  if (two === '//' || (two === '#!' && i === 0)) return { kind: 'comment', at: indexOrEnd(source, '\n', i) };
  if (two === '/*') return { kind: 'comment', at: Math.min(source.length, indexOrEnd(source, '*/', i + 2) + 2) };
  const char = source[i];
  if (char === '"' || char === "'") return { kind: 'text', at: endOfQuoted(source, i, char) };
  if (char === '/' && BEFORE_REGEX.test(codeOnly.slice(Math.max(0, i - LOOK_BACK), i).join(''))) {
    return { kind: 'text', at: endOfRegex(source, i) };
  }
  return { kind: 'code', at: i + 1 };
}

function indexOrEnd(source: string, what: string, from: number): number {
  const at = source.indexOf(what, from);
  return at === -1 ? source.length : at;
}

function endOfQuoted(source: string, start: number, quote: string): number {
  let i = start + 1;
  while (i < source.length && source[i] !== quote && source[i] !== '\n') i += source[i] === '\\' ? 2 : 1;
  return Math.min(i + 1, source.length);
}

function endOfRegex(source: string, start: number): number {
  let inClass = false;
  let i = start + 1;
  while (i < source.length && source[i] !== '\n' && (inClass || source[i] !== '/')) {
    if (source[i] === '[') inClass = true;
    if (source[i] === ']') inClass = false;
    i += source[i] === '\\' ? 2 : 1;
  }
  return Math.min(i + 1, source.length);
}

/** From inside a template to behind its closing backtick or the next `${`. */
function endOfTemplatePart(source: string, start: number): { readonly at: number; readonly opens: boolean } {
  let i = start;
  while (i < source.length) {
    if (source[i] === '`') return { at: i + 1, opens: false };
    if (source[i] === '$' && source[i + 1] === '{') return { at: i + 2, opens: true };
    i += source[i] === '\\' ? 2 : 1;
  }
  return { at: source.length, opens: false };
}
