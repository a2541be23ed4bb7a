/** A word of one letter in front of another word. */
const SINGLE_LETTER = /(?<![\p{L}\p{N}])([AaIiKkOoSsUuVvWwZz]) (?=\S)/gu;

/** The same texts, with words of one letter kept with the next word: in Czech and Polish none ends a line. */
export function tieLetters<T>(texts: T): T {
  return tied(texts) as T;
}

function tied(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(SINGLE_LETTER, '$1\u00a0');
  if (Array.isArray(value)) return value.map(tied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, tied(one)]));
}
