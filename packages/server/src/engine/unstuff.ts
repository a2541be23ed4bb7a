/** The result of a chunk of DATA: message bytes, and what follows the final dot. */
export interface Unstuffed {
  /** A part of the chunk itself when no dot had to be removed. */
  readonly content: Buffer;
  /** Defined when `<CRLF>.<CRLF>` was seen: the bytes after it. */
  readonly rest: Buffer | undefined;
}

/** Converts the wire form of DATA into message bytes (RFC 5321 §4.5.2), chunk by chunk. */
export interface Unstuffer {
  push(chunk: Buffer): Unstuffed;
}

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const CR_ALONE = Buffer.from('\r');
const LINE_THEN_DOT = Buffer.from('\r\n.');

/** Below this length a loop is as fast as a native search or copy (measured), so that no input is slow. */
const NATIVE_FROM_BYTES = 16;

/** The state at the end of the last chunk. `dot` and `dot-cr` hold back bytes that may end the message. */
type State = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr' | 'ended';

/**
 * Removes a dot at the beginning of a line; a line that is a single dot between CRLFs ends the message. Only CRLF ends
 * a line: a dot after a bare LF is text, so that two servers cannot disagree on where a message ends. Linear: every
 * byte is read once and copied at most once.
 */
export function createUnstuffer(): Unstuffer {
  let state: State = 'line-start';

  const push = (chunk: Buffer): Unstuffed => {
    const kept = createKept(chunk);
    let at = 0;
    while (at < chunk.length && state !== 'ended') {
      const byte = chunk[at];
      switch (state) {
        case 'line-start':
          if (byte === DOT) {
            kept.drop(at, 1);
            at += 1;
            state = 'dot';
          } else state = 'text';
          break;
        case 'dot':
          if (byte === CR) {
            kept.drop(at, 1);
            at += 1;
            state = 'dot-cr';
          } else state = 'text';
          break;
        case 'dot-cr':
          if (byte === LF) {
            kept.drop(at, 1);
            at += 1;
            state = 'ended';
          } else {
            kept.insertCr(at);
            state = 'cr';
          }
          break;
        case 'cr':
          if (byte === LF) state = 'line-start';
          else if (byte !== CR) state = 'text';
          if (byte === LF || byte === CR) at += 1;
          break;
        case 'text':
          at = endOfText(chunk, at);
          state = at < chunk.length ? 'line-start' : stateAfter(chunk, at);
          break;
      }
    }
    return { content: kept.finish(at), rest: state === 'ended' ? chunk.subarray(at) : undefined };
  };
  return { push };
}

/** The beginning of the next line that begins with a dot, or the end of the chunk. */
function endOfText(chunk: Buffer, from: number): number {
  const soon = Math.min(chunk.length - 2, from + NATIVE_FROM_BYTES);
  for (let at = from; at < soon; at += 1) {
    if (chunk[at] === CR && chunk[at + 1] === LF && chunk[at + 2] === DOT) return at + 2;
  }
  const next = chunk.indexOf(LINE_THEN_DOT, Math.max(from, soon));
  return next === -1 ? chunk.length : next + 2;
}

/** The state at the end of a chunk that ends in text. */
function stateAfter(chunk: Buffer, end: number): State {
  const last = chunk[end - 1];
  if (last === CR) return 'cr';
  return last === LF && chunk[end - 2] === CR ? 'line-start' : 'text';
}

/** The message bytes of a chunk: the chunk itself until a byte is dropped or added, then a copy. */
function createKept(chunk: Buffer) {
  let out: Buffer | undefined;
  let written = 0;
  let from = 0;
  const copyTo = (to: number): Buffer => {
    // One byte more than the chunk: the CR held back in `dot-cr`.
    out ??= Buffer.allocUnsafe(chunk.length + 1);
    if (to - from >= NATIVE_FROM_BYTES) written += chunk.copy(out, written, from, to);
    else for (let at = from; at < to; at += 1, written += 1) out[written] = chunk[at] ?? 0;
    from = to;
    return out;
  };
  return {
    /** Drops `count` bytes from `at` on. */
    drop(at: number, count: number): void {
      copyTo(at);
      from = at + count;
    },
    /** Restores the CR before `at` that was held back. */
    insertCr(at: number): void {
      written += CR_ALONE.copy(copyTo(at), written);
    },
    finish(end: number): Buffer {
      return out === undefined && from === 0 ? chunk.subarray(0, end) : copyTo(end).subarray(0, written);
    },
  };
}
