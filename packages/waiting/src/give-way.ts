/** Work that waits for its turn, oldest first. Bounded by whoever does the work: each of them waits once at a time. */
const waiting: (() => void)[] = [];
let first = 0;
let scheduled = false;

/**
 * Resolves in a later turn of the event loop, and never two in one: work in pieces that gives way between them holds up the others for one piece,
 * however many do such work at once. Nothing else waits for its turn here.
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
    // Shifted seldom: a shift costs as much as what is left.
    if (first * 2 >= waiting.length) {
      waiting.splice(0, first);
      first = 0;
    }
    if (first < waiting.length) schedule();
  });
}
