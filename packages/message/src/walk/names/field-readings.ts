import { decodeEncodedWords, mayHoldEncodedWords } from './encoded-words.ts';

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
