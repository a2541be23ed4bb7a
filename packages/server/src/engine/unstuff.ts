/** What a chunk of DATA gave: message bytes, and what follows the final dot once it was seen. */
export interface Unstuffed {
  /** A part of the chunk itself when no dot had to go. */
  readonly content: Buffer;
  /** Defined when `<CRLF>.<CRLF>` was seen: the bytes after it. */
  readonly rest: Buffer | undefined;
}

/** Turns DATA's wire form into message bytes (RFC 5321 §4.5.2), chunk by chunk. */
export interface Unstuffer {
  push(chunk: Buffer): Unstuffed;
}

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const CR_ALONE = Buffer.from('\r');
const LINE_THEN_DOT = Buffer.from('\r\n.');

/** A native search or copy costs as much as a loop over so many octets (measured): shorter ones are looped, so that no input is slow. */
const NATIVE_FROM_BYTES = 16;

/** Where the last chunk ended. `dot` and `dot-cr` hold bytes back that may be the end of the message. */
type State = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr' | 'ended';

/**
 * A dot that begins a line is dropped; a line that is a dot alone, between CRLFs, ends the message. Only CRLF makes a line: a dot after a bare
 * LF is text, so that two servers cannot disagree on where a message ends. Linear: every byte is looked at once and copied at most once.
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

/** Where the next line that begins with a dot begins, or the end of the chunk. */
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

/** The bytes of a chunk that are message: the chunk itself until the first byte is dropped or added, then a copy. */
function createKept(chunk: Buffer) {
  let out: Buffer | undefined;
  let written = 0;
  let from = 0;
  const copyTo = (to: number): Buffer => {
    // One byte more than came: the CR held back in `dot-cr`.
    out ??= Buffer.allocUnsafe(chunk.length + 1);
    if (to - from >= NATIVE_FROM_BYTES) written += chunk.copy(out, written, from, to);
    else for (let at = from; at < to; at += 1, written += 1) out[written] = chunk[at] ?? 0;
    from = to;
    return out;
  };
  return {
    /** The `count` bytes from `at` on are none of the message. */
    drop(at: number, count: number): void {
      copyTo(at);
      from = at + count;
    },
    /** The CR that an earlier drop held back stands before `at` after all. */
    insertCr(at: number): void {
      written += CR_ALONE.copy(copyTo(at), written);
    },
    finish(end: number): Buffer {
      return out === undefined && from === 0 ? chunk.subarray(0, end) : copyTo(end).subarray(0, written);
    },
  };
}
