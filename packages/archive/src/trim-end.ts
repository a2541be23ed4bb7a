/**
 * A text without the characters at its end that are of a kind. No `+$` in a pattern: that starts again at every character of a run which
 * does not end the text, and a name may be 65,535 spaces and a letter.
 */
export function trimEndOf(text: string, kind: RegExp): string {
  let end = text.length;
  while (end > 0 && kind.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
