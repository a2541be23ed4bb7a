import { decodeOctets } from '../names/octets-to-text.ts';

/** The line that begins an embedded file. */
export type BeginLine =
  | { readonly form: 'uuencode'; readonly base64: boolean; readonly name: string }
  | { readonly form: 'yenc'; readonly name: string }
  | { readonly form: 'binhex'; readonly name: '' };

const BEGIN = /^begin(-base64)?[ \t]+[0-7]{3,7}[ \t]+(\S.*)$/su;
// Old Outlook: the word and two spaces are enough. Others read any number for a mode.
const LAX_BEGIN = /^begin(?: {2}|[ \t]+\d{1,16}[ \t]+)(\S.*)$/su;
const YENC = /^=ybegin[ \t](?:.*[ \t])?name=(.*)$/su;
// RFC 1741 §5; what follows the phrase differs.
const BINHEX = '(This file must be converted with BinHex';

/** Recognises a line that begins an embedded file when data follows. */
export function readBeginLine(line: Buffer): BeginLine | undefined {
  const first = line[0];
  if (first !== 0x62 && first !== 0x3d && first !== 0x28) return undefined;
  const text = decodeOctets(line);
  if (text.startsWith(BINHEX)) return { form: 'binhex', name: '' };
  const yenc = YENC.exec(text)?.[1];
  if (yenc !== undefined) return { form: 'yenc', name: yenc.trim() };
  const begin = BEGIN.exec(text);
  if (begin !== null) return { form: 'uuencode', base64: begin[1] !== undefined, name: (begin[2] ?? '').trim() };
  const lax = LAX_BEGIN.exec(text)?.[1];
  return lax === undefined ? undefined : { form: 'uuencode', base64: false, name: lax.trim() };
}

/** What a line behind a `begin` line is: data, nothing that tells, or text. */
type Following = 'data' | 'blank' | 'text';

const BLANK = /^\s*$/u;
const UU_ALPHABET = /^[ -`]*$/u;
const XX_DIGITS = '+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const XX_LINE = /^[+\-0-9A-Za-z]+$/u;
const BASE64_LINE = /^(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,4}={0,2}$/u;
/** A word of four letters is Base64, too: a line counts that is long, has what words have not, or ends the data. */
const NO_WORD = /^(?:.{40,}|.*[0-9+/=].*)$/u;
/** RFC 1741 §5: the data begins with a colon. */
const BINHEX_LINE = /^:[!-\-0-689@A-NP-VX-Z[`a-fh-mp-r]{2,}:?$/u;

/** Whether data of the file that a line has begun may stand in this one. `first`: nothing but blank lines stood between. */
export function followingOf(begin: BeginLine, line: Buffer, first: boolean): Following {
  const text = line.toString('latin1');
  if (begin.form === 'yenc') return 'data';
  if (BLANK.test(text)) return 'blank';
  if (begin.form === 'binhex') return BINHEX_LINE.test(text.trim()) ? 'data' : 'text';
  if (begin.base64) {
    const bare = text.trimEnd();
    return bare === '====' || (bare.length % 4 === 0 && BASE64_LINE.test(bare) && NO_WORD.test(bare)) ? 'data' : 'text';
  }
  return looksUuencoded(line, first) || looksXxencoded(text.trimEnd()) ? 'data' : 'text';
}

/**
 * True when a line can be uuencoded data: its first character says its length. Right behind `begin` its end may be missing: spaces get lost
 * on the way. A line of no data and `end` are those of an empty file.
 */
function looksUuencoded(line: Buffer, first: boolean): boolean {
  const text = line.toString('latin1');
  if (!UU_ALPHABET.test(text)) return false;
  const count = (line[0] ?? 0) - 0x20;
  if (count === 64 || count === 0) return text.trim() === '`';
  const wanted = Math.ceil(count / 3) * 4;
  const length = text.length - 1;
  return length <= wanted + 2 && (length >= wanted - 2 || first);
}

/** The same with another alphabet. */
function looksXxencoded(text: string): boolean {
  return XX_LINE.test(text) && text.length - 1 === Math.ceil(XX_DIGITS.indexOf(text.charAt(0)) / 3) * 4 && text.length > 1;
}
