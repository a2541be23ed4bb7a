/** The policy a domain's owner chose. */
export type Letter = 'a' | 'b' | 'c' | 'd';

/** All letters, from the mildest to the strictest. */
export const LETTERS: readonly Letter[] = ['a', 'b', 'c', 'd'];

/** What a domain has whose owner chose nothing. */
export const DEFAULT_LETTER: Letter = 'd';

/** True for a, b, c and d. */
export function isLetter(text: string): text is Letter {
  return (LETTERS as readonly string[]).includes(text);
}
