/** The candidate that was probably meant: the one with the fewest changed letters, undefined when none is close. */
export function findNearest(written: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  // A third of the letters may be wrong, and always two: swapping neighbours counts as two.
  let best = Math.max(2, Math.floor(written.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) >= best) continue;
    const distance = countEdits(written, candidate);
    if (distance < best) [nearest, best] = [candidate, distance];
  }
  return nearest;
}

/** Letters to insert, remove or replace to get from one text to the other (Levenshtein). */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 0; line < from.length; line++) {
    const next = [line + 1];
    for (let column = 0; column < to.length; column++) {
      const replaced = (row[column] ?? 0) + (from[line] === to[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
