/** How often something may be done: so many times a second on average, and as many at once. */
export interface Budget {
  /** Takes one; false when there is none. */
  take(): boolean;
}

/** Fills up as time passes. */
export function createBudget(perSecond: number, monotonicMs: () => number): Budget {
  let left = perSecond;
  let atMs = monotonicMs();
  return {
    take: () => {
      const now = monotonicMs();
      left = Math.min(perSecond, left + ((now - atMs) * perSecond) / 1000);
      atMs = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
