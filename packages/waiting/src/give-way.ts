/** Callers that wait, oldest first. Bounded by the number of pieces of work that run: each waits once at a time. */
const waiting: (() => void)[] = [];
let first = 0;
let scheduled = false;

/**
 * Resolves in a later turn of the event loop, at most one call in each turn. Work that is done in pieces, with a call between two of them, delays other
 * work by one piece, however many such pieces of work run at once.
 */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    waiting[first]?.();
    first += 1;
    // Removed from the front in batches: removing one costs time in proportion to the rest.
    if (first * 2 >= waiting.length) {
      waiting.splice(0, first);
      first = 0;
    }
    if (first < waiting.length) schedule();
  });
}
