import { SECOND_VIEW_LINE_MAX_BYTES, SECOND_VIEW_RUN_LINES } from '../limits.ts';
import { COLON, DASH, LF, SPACE } from '../octets.ts';

/** Leaves out what no parser of MIME can take for structure. */
export interface LineThinner {
  /** The lines of `chunk` that are kept. */
  push(chunk: Buffer): readonly Buffer[];
}

/**
 * A line without a colon that does not begin with a dash or white space and is not empty is body text to every parser (or, in a header,
 * no field). Of a long run of such lines the rest is dropped, and so is the rest of a very long line: a body of 100 MB becomes a few kB,
 * and parts, headers and boundaries stay as they are.
 */
export function createLineThinner(): LineThinner {
  let run = 0;
  /** Octets of the open line so far. */
  let length = 0;
  let plain = false;

  function pieceOf(chunk: Buffer, at: number, end: number): Buffer | undefined {
    if (length === 0) plain = isPlainStart(chunk[at] ?? 0);
    const from = length;
    length += end - at;
    for (let i = at; plain && i < end; i += 1) if (chunk[i] === COLON) plain = false;
    const ends = chunk[end - 1] === LF;
    if (ends) {
      length = 0;
      run = plain ? run + 1 : 0;
    }
    if (plain && run > SECOND_VIEW_RUN_LINES) return undefined;
    if (from >= SECOND_VIEW_LINE_MAX_BYTES) return ends ? chunk.subarray(end - 1, end) : undefined;
    return chunk.subarray(at, end);
  }
  return {
    push(chunk) {
      const kept: Buffer[] = [];
      let at = 0;
      while (at < chunk.length) {
        const lf = chunk.indexOf(LF, at);
        const end = lf === -1 ? chunk.length : lf + 1;
        const piece = pieceOf(chunk, at, end);
        if (piece !== undefined) kept.push(piece);
        at = end;
      }
      return kept;
    },
  };
}

function isPlainStart(octet: number): boolean {
  return octet > SPACE && octet !== DASH;
}
