import { BLOCK_BYTES } from './limits.ts';
import type { SpoolFile } from './spool-file.ts';
import type { BlockList } from './spool-memory.ts';

/** Writes a message to a file in blocks of 64 KiB; what is not a whole block yet waits in memory. */
export interface BlockWriter {
  /** Octets that are in the file. */
  readonly writtenBytes: number;
  write(file: SpoolFile, chunk: Buffer): Promise<void>;
  /** Writes what waits in memory. */
  flush(file: SpoolFile): Promise<void>;
}

/** Creates a writer that takes over what `memory` holds already, and waits there. */
export function createBlockWriter(memory: BlockList): BlockWriter {
  let writtenBytes = 0;
  async function flush(file: SpoolFile): Promise<void> {
    for (const block of memory.blocks()) {
      await file.write(block, writtenBytes);
      writtenBytes += block.length;
    }
    memory.reuse();
  }
  return {
    get writtenBytes() {
      return writtenBytes;
    },
    async write(file, chunk) {
      for (let from = 0; from < chunk.length; ) {
        if (memory.sizeBytes >= BLOCK_BYTES) await flush(file);
        const piece = chunk.subarray(from, from + BLOCK_BYTES - memory.sizeBytes);
        memory.append(piece);
        from += piece.length;
      }
    },
    flush,
  };
}
