import { cleanText } from '@vratny/text';
import { ERROR_MAX, ZONE_TOKENS_MAX } from '../limits.ts';

/** A word or quoted string, as its octets would be written: escapes are still in it. */
export interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** One record or directive; parentheses may spread it over several lines. */
export interface Entry {
  /** Where it begins, from 1. */
  readonly line: number;
  /** It begins with white space: the owner of the record before holds (RFC 1035 §5.1). */
  readonly ownerOmitted: boolean;
  readonly tokens: readonly Token[];
}

/** A mistake in a zone file. Thrown inside the parser only; `parseZoneFile` turns it into its result. */
export class ZoneFileError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    // It may repeat words of the file: one printable line, whatever they hold.
    super(cleanText(message, { max: ERROR_MAX }));
    this.line = line;
  }
}

/** White space, comment, line end, parenthesis, quoted string, word. One of them matches at every position of every text. */
const PIECE = /([ \t\r\f\v]+)|(;[^\n]*)|(\n)|([()])|"((?:[^"\\\n]|\\[^\n])*)"|((?:[^\s;()"\\]|\\[^\n])+)|([\s\S])/gy;

/** Splits a master file into entries (RFC 1035 §5.1). Throws `ZoneFileError`. */
export function* readEntries(text: string): Generator<Entry> {
  let line = 1;
  let depth = 0;
  let openedAt = 0;
  let atLineStart = true;
  let entry: { line: number; ownerOmitted: boolean; tokens: Token[] } | undefined;
  let indented = false;

  for (const [piece, space, , newline, parenthesis, quoted, word, bad] of text.matchAll(PIECE)) {
    if (bad !== undefined) throw new ZoneFileError(line, bad === '"' ? 'a quoted string has no end' : `unexpected ${JSON.stringify(bad)}`);
    if (atLineStart && depth === 0) indented = space !== undefined;
    atLineStart = newline !== undefined;
    if (newline !== undefined) {
      line += 1;
      if (depth === 0 && entry !== undefined) {
        yield entry;
        entry = undefined;
      }
    } else if (parenthesis !== undefined) {
      depth += parenthesis === '(' ? 1 : -1;
      if (depth < 0) throw new ZoneFileError(line, 'a ")" without its "("');
      if (depth > 1) throw new ZoneFileError(line, 'a "(" inside another');
      openedAt = line;
    } else if (quoted !== undefined || word !== undefined) {
      entry ??= { line, ownerOmitted: indented, tokens: [] };
      if (entry.tokens.length >= ZONE_TOKENS_MAX) throw new ZoneFileError(line, `a record of more than ${ZONE_TOKENS_MAX} words`);
      entry.tokens.push({ text: quoted ?? piece, quoted: quoted !== undefined });
    }
  }
  if (depth > 0) throw new ZoneFileError(openedAt, 'a "(" without its ")"');
  if (entry !== undefined) yield entry;
}
