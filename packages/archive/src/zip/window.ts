import type { Bytes } from '../bytes.ts';
import { READ_BYTES } from '../limits.ts';

const WINDOW_BYTES = 16 * READ_BYTES;

/** The same bytes, read a megabyte at a time: headers are small, and there are many. */
export function createWindow(bytes: Bytes): Bytes {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return {
    sizeBytes: bytes.sizeBytes,
    read(from, to) {
      if (to - from > WINDOW_BYTES / 2) return bytes.read(from, to);
      if (from < start || Math.min(to, bytes.sizeBytes) > start + window.length) {
        start = from;
        window = bytes.read(from, from + WINDOW_BYTES);
      }
      return window.subarray(from - start, Math.max(from, to) - start);
    },
  };
}
