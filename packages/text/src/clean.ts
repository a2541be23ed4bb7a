/**
 * Characters that may reach no stranger's log, terminal or header: C0, DEL, C1, lone surrogates, line and paragraph
 * separators, bidirectional controls, invisible spaces. One expression for all of our output.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/u;
const UNSAFE_RUNS = new RegExp(`${UNSAFE.source}+`, 'gu');
/** Nearly all texts: there is nothing to clean, and this is told in a fraction of the time. */
const PRINTABLE = /^[ -~]*$/;
/** Everything but printable US-ASCII. */
const NOT_ASCII_RUNS = /[^\u0020-\u007e]+/gu;

/** True when a text holds a control or invisible character. */
export function hasUnsafe(text: string): boolean {
  return UNSAFE.test(text);
}

/** How a text is cleaned. */
export interface Cleaning {
  /** What stands for a run of characters that may not stay; one space by default. */
  readonly instead?: string;
  /** Only printable US-ASCII may stay. */
  readonly ascii?: boolean;
  /** The longest result, in UTF-16 units, without `more`. Without it the text must be bounded already. */
  readonly max?: number;
  /** What stands at the end of a text that was longer; nothing by default. */
  readonly more?: string;
}

/**
 * A stranger's text as one line that can do nothing but be read: it steers no terminal, begins no header field and ends
 * no line.
 */
export function cleanText(text: string, { instead = ' ', ascii = false, max, more = '' }: Cleaning = {}): string {
  if ((max === undefined || text.length <= max) && PRINTABLE.test(text)) return text;
  // Cut first: cleaning a hostile megabyte would cost the event loop. Runs become shorter, so more than `max` is looked
  // at.
  const bounded = max === undefined ? text : text.slice(0, max * 4);
  const clean = bounded.replace(ascii ? NOT_ASCII_RUNS : UNSAFE_RUNS, instead);
  if (max === undefined || (clean.length <= max && bounded.length === text.length)) return clean;
  return `${cut(clean, max)}${more}`;
}

/** At most `max` units, without half of a surrogate pair at the end. */
function cut(text: string, max: number): string {
  const kept = text.slice(0, max);
  return /[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept;
}

/**
 * A stranger's text in quotation marks, printable US-ASCII, at most `max` characters and three dots: for one line of a
 * log or an error.
 */
export function quoteText(text: string, max: number): string {
  return `"${cleanText(text, { ascii: true, instead: '?', max, more: '...' })}"`;
}
