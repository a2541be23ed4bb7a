/** A byte range of a message: `start` inclusive, `end` exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * A received message as it was spooled: lines end in CRLF, dots are unstuffed. What is scanned is what is delivered: everything after the
 * gate reads this and nothing re-encodes it.
 */
export interface Content {
  readonly sizeBytes: number;
  /** Lower-case hexadecimal SHA-256 of the bytes. */
  readonly sha256: string;
  /** The bytes of `range` (default: all) in chunks of at most 64 KiB. Several readers at once are fine. */
  read(range?: Range): AsyncIterable<Buffer>;
  /** Gives memory and file back; reading afterwards is an error. Idempotent. */
  discard(): Promise<void>;
}
