/** A path's text and what follows it: `<text> rest`. */
export interface PathText {
  /** Between the angle brackets, without a source route. */
  readonly path: string;
  readonly rest: string;
}

/**
 * Splits `<path> parameters`. Quoted local parts may hold `>` (RFC 5321 §4.1.2), so the closing bracket is the first outside quotes. A
 * source route (`@a,@b:`) is dropped, as RFC 5321 §4.1.1.3 and appendix C ask.
 */
export function splitPath(text: string): PathText | undefined {
  if (!text.startsWith('<')) return undefined;
  let quoted = false;
  for (let i = 1; i < text.length; i += 1) {
    const char = text[i];
    if (quoted && char === '\\') i += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === '>' && !quoted) {
      const rest = text.slice(i + 1);
      return rest === '' || rest.startsWith(' ') ? { path: withoutSourceRoute(text.slice(1, i)), rest: rest.trim() } : undefined;
    }
  }
  return undefined;
}

function withoutSourceRoute(path: string): string {
  const route = /^@[^\s,:"<>@]+(?:,@[^\s,:"<>@]+)*:(.*)$/u.exec(path);
  return route?.[1] ?? path;
}
