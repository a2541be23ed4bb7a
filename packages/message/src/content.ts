/** A byte range of a message: `start` inclusive, `end` exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Octets in pieces. Those that lie in memory can be walked at once too. */
export interface Chunks extends AsyncIterable<Buffer> {
  [Symbol.iterator]?(): Iterator<Buffer>;
}

/**
 * A received message as it was spooled: lines end in CRLF, dots are unstuffed. What is scanned is what is delivered: everything after the
 * gate reads this and nothing re-encodes it.
 */
export interface Content {
  readonly sizeBytes: number;
  /** Lower-case hexadecimal SHA-256 of the bytes. */
  readonly sha256: string;
  /**
   * The bytes of `range` (default: all) in chunks of at most 64 KiB. Several readers at once are fine. A reader that is done with a chunk
   * when it asks for the next may lend a `block` of 64 KiB of its own: chunks are then views of it, or of memory that the message has
   * anyway, and are overwritten by the next. Without it every chunk is a new buffer, and the garbage collector lets 64 MiB of them wait.
   */
  read(range?: Range, block?: Buffer): Chunks;
  /** Gives memory and file back; reading afterwards is an error. Idempotent. */
  discard(): Promise<void>;
}
