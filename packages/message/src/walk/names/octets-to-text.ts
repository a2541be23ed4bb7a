import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/**
 * Character sets that the platform does not know and some readers do (Python, Perl, iconv), and in which a name that looks harmless, or like
 * nothing, is another one. They are read as far as the letters of file name extensions go.
 */

/** What such a reader makes of the octets; undefined when the plain reading is as good. `label` is in lower case. */
function decodeOddCharset(octets: Buffer, label: string): string | undefined {
  const bare = label.replace(/[-_ ]/gu, '');
  const text = octets.toString('latin1');
  if (UTF7.test(bare)) return decodeUtf7(text);
  if (bare.endsWith('escape')) return text.replace(ESCAPE, (_escape, ...codes: (string | undefined)[]) => character(codes));
  if (bare === 'punycode') return text.replace(/-[a-z0-9]*$/iu, '');
  if (/^hz/u.test(bare)) return text.replace(/~[{}\n]/gu, '').replaceAll('~~', '~');
  // ISO 2022: shifts, and escapes that switch to another set and back.
  if (text.includes('\u001b')) return text.replace(ISO_2022_ESCAPE, '');
  return decodeEbcdic(octets);
}

const UTF7 = /^(?:cs)?(?:u(?:tf)?7|unicode\d\dutf7|cp65000)$/u;
const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{1,3}))/gu;
const ISO_2022_ESCAPE = /\u001b[ -/]*[0-~]/gu;

/** `codes`: hexadecimal in three lengths, then octal; one of them is there. */
function character(codes: readonly (string | undefined)[]): string {
  const hex = codes.slice(0, 3).find((one) => one !== undefined);
  const code = hex === undefined ? Number.parseInt(codes[3] ?? '', 8) : Number.parseInt(hex, 16);
  return code <= 0x10_ffff ? String.fromCodePoint(code) : '';
}

// RFC 2152: `+`, Base64 of UTF-16, `-`.
const UTF7_RUN = /\+([A-Za-z0-9+/]*)-?/gu;

function decodeUtf7(text: string): string {
  return text.replace(UTF7_RUN, (_run, digits: string) => {
    if (digits === '') return '+';
    const bytes = Buffer.from(digits, 'base64');
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  });
}

/** Where all of EBCDIC's code pages agree: letters, digits, the dot and some signs. */
const EBCDIC: ReadonlyMap<number, string> = new Map(
  (
    [
      [0x81, 'abcdefghi'],
      [0x91, 'jklmnopqr'],
      [0xa2, 'stuvwxyz'],
      [0xc1, 'ABCDEFGHI'],
      [0xd1, 'JKLMNOPQR'],
      [0xe2, 'STUVWXYZ'],
      [0xf0, '0123456789'],
      [0x40, ' '],
      [0x4b, '.'],
      [0x4d, '('],
      [0x5d, ')'],
      [0x60, '-/'],
      [0x6d, '_'],
    ] as const
  ).flatMap(([first, text]) => text.split('').map((char, index) => [first + index, char] as const)),
);

/** What lies elsewhere differs between the pages. */
function decodeEbcdic(octets: Buffer): string | undefined {
  // Letters lie above 0x80 there, and the dot where ASCII has a K.
  if (!octets.some((octet, at) => octet === 0x4b && (octets[at + 1] ?? 0) >= 0x80)) return undefined;
  let known = 0;
  let text = '';
  for (const octet of octets) {
    const char = EBCDIC.get(octet);
    if (char !== undefined) known += 1;
    text += char ?? '?';
  }
  return known * 2 > octets.length ? text : undefined;
}

/** UTF-8, or Latin-1 where it is not valid UTF-8. */
export function decodeOctets(octets: Buffer): string {
  return octets.toString(isUtf8(octets) ? 'utf8' : 'latin1');
}

/** Decoders are costly to create; the labels that appear in mail are few. Charsets of an attacker must not fill the memory. */
const DECODERS_MAX = 64;
const decoders = new Map<string, TextDecoder | undefined>();

/** Octets in a charset by its name in mail; an unknown charset is read as {@link decodeOctets} does. */
export function decodeCharset(octets: Buffer, charset: string): string {
  const label = charset.trim().toLowerCase();
  const decoder = decoderOf(label);
  return decoder === undefined ? (decodeOddCharset(octets, label) ?? decodeOctets(octets)) : decoder.decode(octets);
}

function decoderOf(label: string): TextDecoder | undefined {
  if (decoders.has(label)) return decoders.get(label);
  if (decoders.size >= DECODERS_MAX) decoders.clear();
  const decoder = createDecoderOf(label);
  decoders.set(label, decoder);
  return decoder;
}

function createDecoderOf(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}
