import { TTL_MAX_SECONDS } from '../limits.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Whether a word has the form of a TTL: digits, or numbers with units, as in `3600` and `1h30m`. */
export function looksLikeTtl(word: string): boolean {
  return /^(?:\d+|(?:\d+[smhdw])+)$/iu.test(word);
}

/** Reads a TTL to seconds; undefined when it is none or has more than 31 bits (RFC 2181 §8). */
export function parseTtl(word: string): number | undefined {
  if (!looksLikeTtl(word)) return undefined;
  let seconds = 0;
  for (const [, digits, unit = 's'] of word.toLowerCase().matchAll(/(\d+)([smhdw]?)/gu)) {
    seconds += Number(digits) * (UNIT_SECONDS[unit] ?? 1);
  }
  return seconds <= TTL_MAX_SECONDS ? seconds : undefined;
}
