import { READ_CHUNK_BYTES } from '../limits.ts';
import type { ByteSink } from './byte-sink.ts';

/** Gathers what a decoder gives for one chunk, in a buffer that is used again and again: nothing is left for the garbage collector. */
export interface Gatherer extends ByteSink {
  /** What came since the last time, perhaps nothing; valid until the next `push`. */
  take(): Buffer;
}

/** Creates an empty one. It grows to the largest that one chunk has become, some MiB for run lengths of BinHex. */
export function createGatherer(): Gatherer {
  let block: Buffer = Buffer.allocUnsafeSlow(0);
  let used = 0;
  return {
    push(bytes) {
      if (used + bytes.length > block.length) {
        const larger = Buffer.allocUnsafeSlow(
          Math.max(block.length * 2, used + bytes.length, Math.min(READ_CHUNK_BYTES, bytes.length * 2)),
        );
        block.copy(larger, 0, 0, used);
        block = larger;
      }
      bytes.copy(block, used);
      used += bytes.length;
    },
    end: () => undefined,
    take() {
      const taken = block.subarray(0, used);
      used = 0;
      return taken;
    },
  };
}
