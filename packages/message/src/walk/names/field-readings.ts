import { decodeCharset } from './octets-to-text.ts';

/** The texts that readers make of one field before they look for parameters; the plain one first. `folded` still has its line ends. */
export function fieldReadings(folded: string): readonly string[] {
  const plain = folded.replace(/\r?\n(?=[ \t])/gu, '').trim();
  const readings = [plain];
  // Readers that remove a fold with its white space.
  if (/\n[ \t]/u.test(folded)) readings.push(folded.replace(/[ \t]*\r?\n[ \t]+/gu, '').trim());
  if (plain.includes('(')) readings.push(withoutComments(plain));
  if (mayHoldEncodedWords(plain)) readings.push(...decodeEncodedWords(plain));
  return [...new Set(readings)];
}

/** The text without comments (RFC 5322 §3.2.2), which nest and may be escaped; parentheses in quoted strings are none. */
export function withoutComments(text: string): string {
  let depth = 0;
  let quoted = false;
  let kept = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') {
      if (depth === 0) kept += text.slice(at, at + 2);
      at += 1;
      continue;
    }
    if (char === '"' && depth === 0) quoted = !quoted;
    if (char === '(' && !quoted) depth += 1;
    if (depth === 0) kept += char;
    if (char === ')' && !quoted && depth > 0) depth -= 1;
  }
  return kept.trim();
}

// RFC 2047 §2, read as loosely as mail readers do: white space inside the text, any length, a language after `*` (RFC 2231 §5).
const ENCODED_WORD = /=\?([^?\s*]{1,64})(?:\*[^?\s]{0,64})?\?([bq])\?([^?]*)\?=/giu;
// RFC 2047 §6.2: white space between two encoded words is not shown.
const BETWEEN_WORDS = /(\?=)[ \t\r\n]+(?==\?[^?\s]{1,80}\?[bq]\?)/giu;

/** True when the text may hold encoded words, whole or broken. */
function mayHoldEncodedWords(text: string): boolean {
  return text.includes('=?');
}

/**
 * The readings of a text with RFC 2047 encoded words in it, which readers decode although §5 forbids them inside quoted strings: each
 * word by itself, and neighbours of the same charset joined before they are decoded (a multi-octet character may be cut between them).
 */
export function decodeEncodedWords(text: string): readonly string[] {
  if (!mayHoldEncodedWords(text)) return [text];
  const close = text.replace(BETWEEN_WORDS, '$1');
  const single = close.replace(ENCODED_WORD, (_word, charset: string, kind: string, encoded: string) => decodeWord(charset, kind, encoded));
  return [...new Set([single, decodeJoined(close), ...decodeCutBase64(close), decodeTruncated(single)])];
}

// Between two words in Base64 of which the first does not end with padding.
const BETWEEN_BASE64 = /([A-Za-z0-9+/])\?==\?[^?\s]{1,80}\?b\?/giu;

/** Base64 that was cut into words without regard to its groups of four, which some readers join before they decode it. */
function decodeCutBase64(text: string): readonly string[] {
  const joined = text.replace(BETWEEN_BASE64, '$1');
  if (joined === text) return [];
  return [joined.replace(ENCODED_WORD, (_word, charset: string, kind: string, encoded: string) => decodeWord(charset, kind, encoded))];
}

function decodeJoined(text: string): string {
  let pending: { readonly charset: string; readonly octets: Buffer[] } | undefined;
  let joined = '';
  let end = 0;
  const flush = (): void => {
    if (pending !== undefined) joined += decodeCharset(Buffer.concat(pending.octets), pending.charset);
    pending = undefined;
  };
  for (const match of text.matchAll(ENCODED_WORD)) {
    const charset = (match[1] ?? '').toLowerCase();
    const between = text.slice(end, match.index);
    if (between !== '' || pending?.charset !== charset) {
      flush();
      joined += between;
      pending = { charset, octets: [] };
    }
    pending.octets.push(wordOctets(match[2] ?? '', match[3] ?? ''));
    end = match.index + match[0].length;
  }
  flush();
  return joined + text.slice(end);
}

/** A word whose end is missing: some readers decode it all the same. */
function decodeTruncated(text: string): string {
  return text.replace(/=\?([^?\s*]{1,64})\?([bq])\?([^?]*)\??=?$/iu, (_word, charset: string, kind: string, encoded: string) =>
    decodeWord(charset, kind, encoded),
  );
}

function decodeWord(charset: string, kind: string, encoded: string): string {
  return decodeCharset(wordOctets(kind, encoded), charset);
}

function wordOctets(kind: string, encoded: string): Buffer {
  if (kind.toLowerCase() === 'b') return Buffer.from(encoded, 'base64');
  const text = encoded.replace(/_/gu, ' ');
  return fromEscapes(text, /=([0-9a-f]{2})/giu);
}

/** Octets of a percent-encoded text (RFC 2231 §4). */
export function percentOctets(text: string): Buffer {
  return fromEscapes(text, /%([0-9a-f]{2})/giu);
}

function fromEscapes(text: string, pattern: RegExp): Buffer {
  const plain = Buffer.from(text, 'utf8').toString('latin1');
  return Buffer.from(
    plain.replace(pattern, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
