/** Gathers neighbouring runs of octets, up to a bound, with at most one copy: runs of the same buffer that touch become one. */
export interface OctetGatherer {
  /** Adds `source[from, to)`; what is above the bound is dropped. The source must not change until `clear`. */
  add(source: Buffer, from: number, to: number): void;
  octets(): Buffer;
  /** True when something was dropped. */
  readonly cut: boolean;
  clear(): void;
}

/** Creates a gatherer of at most `maxBytes` octets. */
export function createOctetGatherer(maxBytes: number): OctetGatherer {
  let earlier: Buffer[] = [];
  let source: Buffer | undefined;
  let runFrom = 0;
  let runTo = 0;
  let sizeBytes = 0;
  let cut = false;
  function endRun(): void {
    if (source !== undefined && runTo > runFrom) earlier.push(source.subarray(runFrom, runTo));
    source = undefined;
  }
  return {
    add(next, from, to) {
      const taken = Math.min(to - from, maxBytes - sizeBytes);
      if (taken < to - from) cut = true;
      if (taken === 0) return;
      if (next !== source || from !== runTo) {
        endRun();
        source = next;
        runFrom = from;
      }
      runTo = from + taken;
      sizeBytes += taken;
    },
    octets() {
      endRun();
      const [only] = earlier;
      return earlier.length === 1 && only !== undefined ? only : Buffer.concat(earlier);
    },
    get cut() {
      return cut;
    },
    clear() {
      earlier = [];
      source = undefined;
      sizeBytes = 0;
      cut = false;
    },
  };
}
