import { decodeOctets } from '../names/octets-to-text.ts';

/** The line that begins an embedded file. */
export type BeginLine =
  | { readonly form: 'uuencode'; readonly base64: boolean; readonly name: string; readonly sure: boolean }
  | { readonly form: 'yenc'; readonly name: string }
  | { readonly form: 'binhex'; readonly name: '' };

const BEGIN = /^begin(-base64)?[ \t]+[0-7]{3,7}[ \t]+(\S.*)$/su;
// Old Outlook: the word and two spaces are enough. Others read any number for a mode.
const LAX_BEGIN = /^begin(?: {2}|[ \t]+\d{1,16}[ \t]+)(\S.*)$/su;
const YENC = /^=ybegin[ \t](?:.*[ \t])?name=(.*)$/su;
// RFC 1741 §5; what follows the phrase differs.
const BINHEX = '(This file must be converted with BinHex';

/** Recognises the first line of an embedded file; `sure` is false when the next line must look like data. */
export function readBeginLine(line: Buffer): BeginLine | undefined {
  const first = line[0];
  if (first !== 0x62 && first !== 0x3d && first !== 0x28) return undefined;
  const text = decodeOctets(line);
  if (text.startsWith(BINHEX)) return { form: 'binhex', name: '' };
  const yenc = YENC.exec(text)?.[1];
  if (yenc !== undefined) return { form: 'yenc', name: yenc.trim() };
  const begin = BEGIN.exec(text);
  if (begin !== null) return { form: 'uuencode', base64: begin[1] !== undefined, name: (begin[2] ?? '').trim(), sure: true };
  const lax = LAX_BEGIN.exec(text)?.[1];
  return lax === undefined ? undefined : { form: 'uuencode', base64: false, name: lax.trim(), sure: false };
}

/** True when a line can be uuencoded data: its first character says its length. */
export function looksUuencoded(line: Buffer): boolean {
  const count = (line[0] ?? 0) - 0x20;
  if (count < 1 || count > 64) return false;
  const wanted = Math.ceil((count & 0x3f) / 3) * 4;
  return line.length - 1 >= wanted - 2 && line.length - 1 <= wanted + 2;
}
