/** Entries that end, at most so many: the one written longest ago makes room. */
export interface BoundedEntries<T extends { readonly endsAt: number }> {
  /** The entry that lives at `now`. */
  get(key: string, now: number): T | undefined;
  set(key: string, entry: T): void;
  delete(key: string): boolean;
  /** Those that live at `now`. */
  living(now: number): Iterable<readonly [string, T]>;
}

/** Makes an empty one. `onGone` hears of each key that leaves. */
export function createBoundedEntries<T extends { readonly endsAt: number }>(
  max: number,
  onGone: (key: string) => void = () => undefined,
): BoundedEntries<T> {
  const entries = new Map<string, T>();
  const remove = (key: string): boolean => {
    const removed = entries.delete(key);
    if (removed) onGone(key);
    return removed;
  };
  return {
    get: (key, now) => {
      const entry = entries.get(key);
      if (entry === undefined || entry.endsAt >= now) return entry;
      remove(key);
      return undefined;
    },
    set: (key, entry) => {
      // A Map keeps the order of insertion: written again is youngest.
      entries.delete(key);
      entries.set(key, entry);
      const [oldest] = entries.keys();
      if (entries.size > max && oldest !== undefined) remove(oldest);
    },
    delete: remove,
    *living(now) {
      for (const one of entries) if (one[1].endsAt >= now) yield one;
    },
  };
}
