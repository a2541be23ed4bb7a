import type { Pattern } from './store.ts';

/** Reads a pattern in which `*` stands for any text; everything else is itself. Matching takes time linear in key and pattern. */
export function compilePattern(pattern: string): Pattern {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return { exact: pattern, matches: (key) => key === pattern };
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1);
  return {
    exact: undefined,
    matches: (key) => {
      if (!key.startsWith(first) || !key.endsWith(last)) return false;
      let at = first.length;
      // The earliest place of each piece leaves most room for the rest, so nothing is ever tried twice.
      for (const piece of middle) {
        const found = key.indexOf(piece, at);
        if (found < 0) return false;
        at = found + piece.length;
      }
      return at <= key.length - last.length;
    },
  };
}
