import { BLOCK_BYTES, FIRST_BLOCK_BYTES } from './limits.ts';

/**
 * The part of a message that is in memory: copies, since a socket's buffers are slices of large blocks that would stay alive with them.
 * Blocks double up to 64 KiB, so neither small messages nor 1-byte writes cost more than twice their size (after the first block).
 */
export interface BlockList {
  readonly sizeBytes: number;
  append(bytes: Buffer): void;
  /** What was appended, in order, in pieces of at most 64 KiB. */
  blocks(): readonly Buffer[];
  /** Forgets what was appended, but keeps a block of 64 KiB for what comes next: the bytes of `blocks` are overwritten then. */
  reuse(): void;
  /** Lets go of all memory and gives it to the caller. */
  drain(): readonly Buffer[];
}

/** Creates an empty list of blocks. The caller bounds its size. */
export function createBlockList(): BlockList {
  let full: Buffer[] = [];
  let open: Buffer | undefined;
  let used = 0;
  let sizeBytes = 0;
  function room(wantedBytes: number): Buffer {
    if (open !== undefined && used < open.length) return open;
    if (open !== undefined) full.push(open);
    used = 0;
    // Not from Node's shared pool: a message may live long.
    open = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, sizeBytes, wantedBytes)));
    return open;
  }
  function blocks(): readonly Buffer[] {
    return open === undefined ? full : [...full, open.subarray(0, used)];
  }
  function drain(): readonly Buffer[] {
    const drained = blocks();
    full = [];
    open = undefined;
    used = 0;
    sizeBytes = 0;
    return drained;
  }
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    append(bytes) {
      let from = 0;
      while (from < bytes.length) {
        const block = room(bytes.length - from);
        const copied = bytes.copy(block, used, from);
        used += copied;
        from += copied;
        sizeBytes += copied;
      }
    },
    blocks,
    reuse() {
      const kept = open?.length === BLOCK_BYTES ? open : Buffer.allocUnsafeSlow(BLOCK_BYTES);
      drain();
      open = kept;
    },
    drain,
  };
}
