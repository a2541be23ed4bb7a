import { TAKE_MAX_BYTES } from '../limits.ts';
import type { ByteSink } from './byte-sink.ts';

/**
 * A reader of a binary format, written as if all bytes were there: a generator that asks for bytes and is resumed when they came.
 * However the stream is split, it gets the same.
 */
export type ByteScript<T> = Generator<ByteRequest, T, Buffer>;

/** `take`: these many octets as one buffer. `pass`: these many octets go to `to`, unseen. */
export type ByteRequest =
  | { readonly kind: 'take'; readonly count: number }
  | { readonly kind: 'pass'; readonly count: number; readonly to: ByteSink | undefined };

/** How far a script has read, in octets from the beginning. */
export interface Cursor {
  readonly position: number;
  /** True when the stream ended before the last request was met. */
  readonly ended: boolean;
}

const NOTHING = Buffer.alloc(0);

/** The next `count` octets; undefined when the stream ends before, or when they are too many to be held. */
export function* take(count: number): ByteScript<Buffer | undefined> {
  if (count > TAKE_MAX_BYTES) return undefined;
  const bytes = yield { kind: 'take', count };
  return bytes.length < count ? undefined : bytes;
}

/** Lets `count` octets go by. */
export function* pass(count: number, to?: ByteSink): ByteScript<void> {
  if (count > 0) yield { kind: 'pass', count, to };
}

/** Runs a script over a stream. `done` is called once, with what the script returned, at the latest at the end of the stream. */
export function createScriptSink<T>(start: (cursor: Cursor) => ByteScript<T>, done: (result: T) => void): ByteSink {
  const cursor = { position: 0, ended: false };
  const script = start(cursor);
  let request: ByteRequest | undefined;
  let missing = 0;
  let gathered: Buffer[] = [];

  function resume(): void {
    const bytes =
      gathered.length === 1 && gathered[0] !== undefined ? gathered[0] : gathered.length === 0 ? NOTHING : Buffer.concat(gathered);
    gathered = [];
    const next = script.next(bytes);
    request = next.done === true ? undefined : next.value;
    missing = request?.count ?? 0;
    if (next.done === true) done(next.value);
  }
  function feed(piece: Buffer): void {
    cursor.position += piece.length;
    missing -= piece.length;
    if (request?.kind === 'pass') request.to?.push(piece);
    // A copy: scripts keep what they take, and the octets are not ours.
    else gathered.push(Buffer.from(piece));
  }
  resume();
  return {
    push(bytes) {
      let at = 0;
      while (request !== undefined && (at < bytes.length || missing === 0)) {
        const count = Math.min(missing, bytes.length - at);
        if (count > 0) feed(bytes.subarray(at, at + count));
        at += count;
        if (missing === 0) resume();
      }
    },
    end() {
      while (request !== undefined && missing === 0) resume();
      cursor.ended = request !== undefined;
      // What is missing comes short: scripts stop at the first short answer.
      while (request !== undefined) resume();
    },
  };
}
