/**
 * Calls `action` for each item, at most `atOnce` at the same time. Results stand in the order of the items. Rejects
 * with the first rejection.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  action: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Array<Result>(items.length);
  const waiting = items.entries();
  async function work(): Promise<void> {
    // The workers share the iterator: each takes the next item that no other has taken.
    for (const [index, item] of waiting) results[index] = await action(item);
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
