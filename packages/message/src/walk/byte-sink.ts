/** Takes a stream of bytes in pieces of any size. Must not throw; must not keep `bytes` beyond the next call without copying what it needs. */
export interface ByteSink {
  push(bytes: Buffer): void;
  /** No more bytes come. */
  end(): void;
}

/** A sink for what nobody wants. */
export const NOWHERE: ByteSink = { push: () => undefined, end: () => undefined };
