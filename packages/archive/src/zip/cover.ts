/** Which ranges of a file are accounted for. */
export interface Cover {
  add(start: number, end: number): void;
  /** A member's headers and data: two of them should not share bytes. */
  addMember(start: number, end: number): void;
  covers(at: number): boolean;
  /** Two members share bytes without being the same one. */
  readonly overlaps: boolean;
  /** The ranges between, up to `sizeBytes`. */
  gaps(sizeBytes: number): readonly (readonly [number, number])[];
}

/** Creates an empty cover. Sorting happens once after each series of additions. */
export function createCover(): Cover {
  const ranges: (readonly [number, number])[] = [];
  const members = new Map<number, number>();
  let merged: (readonly [number, number])[] | undefined;

  function merge(): readonly (readonly [number, number])[] {
    if (merged !== undefined) return merged;
    const result: (readonly [number, number])[] = [];
    const edges = new Map(members);
    for (const [start, end] of ranges) edges.set(start, Math.max(end, edges.get(start) ?? 0));
    for (const start of Float64Array.from(edges.keys()).sort()) {
      const end = edges.get(start) ?? start;
      const last = result.at(-1);
      if (last !== undefined && start <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], end)];
      else result.push([start, end]);
    }
    merged = result;
    return result;
  }
  function add(start: number, end: number): void {
    merged = undefined;
    ranges.push([start, end]);
  }
  return {
    add,
    addMember(start, end) {
      merged = undefined;
      members.set(start, Math.max(end, members.get(start) ?? 0));
    },
    covers(at) {
      const list = merge();
      let low = 0;
      let high = list.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((list[middle]?.[1] ?? 0) <= at) low = middle + 1;
        else high = middle;
      }
      const found = list[low];
      return found !== undefined && found[0] <= at && at < found[1];
    },
    get overlaps() {
      let last = 0;
      for (const start of Float64Array.from(members.keys()).sort()) {
        if (start < last) return true;
        last = members.get(start) ?? start;
      }
      return false;
    },
    gaps(sizeBytes) {
      const edges = [[0, 0] as const, ...merge().filter(([start]) => start < sizeBytes), [sizeBytes, sizeBytes] as const];
      return edges.slice(1).flatMap(([start], index) => {
        const from = edges[index]?.[1] ?? 0;
        return start > from ? [[from, start] as const] : [];
      });
    },
  };
}
