import type { Bytes } from './bytes.ts';
import { READ_BYTES } from './limits.ts';

const WINDOW_BYTES = 16 * READ_BYTES;

/** Where `sign` stands in `bytes` between `start` and `end`, from the front. Linear; holds one window of a megabyte. */
export function* findAll(bytes: Bytes, sign: Buffer, start: number, end: number): Generator<number> {
  const last = Math.min(end, bytes.sizeBytes);
  for (let from = start; from < last; from += WINDOW_BYTES) {
    // Signs that lie across the edge belong to the window that they begin in.
    const window = bytes.read(from, Math.min(from + WINDOW_BYTES + sign.length - 1, last));
    for (let at = window.indexOf(sign); at !== -1; at = window.indexOf(sign, at + 1)) yield from + at;
  }
}

/** The first place; undefined when there is none. */
export function findFirst(bytes: Bytes, sign: Buffer, start: number, end: number): number | undefined {
  const first = findAll(bytes, sign, start, end).next();
  return first.done === true ? undefined : first.value;
}
