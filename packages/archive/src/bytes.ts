/** Random access to bytes in memory or in a file. Synchronous, because a reader process has nothing else to do. */
export interface Bytes {
  readonly sizeBytes: number;
  /** The bytes from `start` to `end`, fewer at the end of the file. The caller must not change them. */
  read(start: number, end: number): Buffer;
}

/** Bytes in memory; nothing is copied. */
export function bytesOf(buffer: Buffer): Bytes {
  return { sizeBytes: buffer.length, read: (start, end) => buffer.subarray(Math.max(0, start), Math.max(0, end)) };
}

/** A range of other bytes. */
export function sliceBytes(bytes: Bytes, start: number, end: number = bytes.sizeBytes): Bytes {
  const last = Math.min(end, bytes.sizeBytes);
  const sizeBytes = Math.max(0, last - start);
  return { sizeBytes, read: (from, to) => bytes.read(start + Math.max(0, from), start + Math.min(Math.max(0, to), sizeBytes)) };
}
