import type { Bytes } from './bytes.ts';
import { READ_BYTES } from './limits.ts';

const WINDOW_BYTES = 16 * READ_BYTES;

/** Finds the first `sign` in `bytes` between `start` and `end`. Linear; holds one window of a megabyte. */
export function* findAll(bytes: Bytes, sign: Buffer, start: number, end: number): Generator<number> {
  const last = Math.min(end, bytes.sizeBytes);
  for (let from = start; from < last; from += WINDOW_BYTES) {
    // A signature across the edge of a window is found in the window in which it begins.
    const window = bytes.read(from, Math.min(from + WINDOW_BYTES + sign.length - 1, last));
    for (let at = window.indexOf(sign); at !== -1; at = window.indexOf(sign, at + 1)) yield from + at;
  }
}

/** The structure that a signature must be a part of. */
export interface Fitting {
  /** How far the structure begins before its sign. */
  readonly before: number;
  /** Octets of the structure that `fits` may look at; fewer at the end of the bytes. */
  readonly reach: number;
  /** `at`: where the structure would begin in `window`. */
  fits(window: Buffer, at: number): boolean;
}

/**
 * Finds the first structure whose signature lies in the first `end` octets. Signatures that are there by chance, or to
 * mislead, are skipped. Each window is read once, however many signatures it has.
 */
export function findFitting(bytes: Bytes, sign: Buffer, end: number, { before, reach, fits }: Fitting): number | undefined {
  const last = Math.min(end, bytes.sizeBytes);
  for (let from = 0; from < last; from += WINDOW_BYTES) {
    const front = Math.min(from, before);
    const window = bytes.read(from - front, Math.min(from + WINDOW_BYTES + reach, bytes.sizeBytes));
    const stop = Math.min(front + WINDOW_BYTES, front + last - from);
    for (let at = window.indexOf(sign, front); at !== -1 && at < stop; at = window.indexOf(sign, at + 1)) {
      if (at >= before && fits(window, at - before)) return from - front + at - before;
    }
  }
  return undefined;
}

/** The first place; undefined when there is none. */
export function findFirst(bytes: Bytes, sign: Buffer, start: number, end: number): number | undefined {
  const first = findAll(bytes, sign, start, end).next();
  return first.done === true ? undefined : first.value;
}
