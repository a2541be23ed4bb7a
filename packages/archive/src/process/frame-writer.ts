import type { Writable } from 'node:stream';
import { READ_BYTES } from '../limits.ts';
import { lengthOf } from '../reader/frames.ts';

/** Writes frames into a pipe with backpressure. Calls must not overlap. */
export interface FrameWriter {
  readonly stopped: boolean;
  /** Resolves when `bytes` may be used again: they are copied. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends what waits, and resolves when the pipe has taken it. */
  flush(): Promise<void>;
  /** Nothing is written any more, and nobody waits. */
  stop(): void;
}

/**
 * Creates a writer that owns one block: small frames go in one write, and however large a part is, no more than the block is in flight.
 * The block is filled again only when the pipe has taken it, so that nothing is left for the garbage collector.
 */
export function createFrameWriter(pipe: Writable): FrameWriter {
  const block = Buffer.allocUnsafeSlow(READ_BYTES);
  let used = 0;
  let stopped = false;
  let wake: () => void = () => undefined;

  async function flush(): Promise<void> {
    if (used === 0 || stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    // When it fails the reader is dead, which others see.
    pipe.write(block.subarray(0, used), () => resolve());
    await promise;
    used = 0;
  }
  async function append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length && !stopped; ) {
      const piece = bytes.subarray(from, from + block.length - used);
      block.set(piece, used);
      used += piece.length;
      from += piece.length;
      if (used === block.length) await flush();
    }
  }
  return {
    get stopped() {
      return stopped;
    },
    async write(bytes) {
      await append(lengthOf(bytes));
      await append(bytes);
    },
    flush,
    stop() {
      stopped = true;
      wake();
    },
  };
}
