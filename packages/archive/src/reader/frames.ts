const LENGTH_BYTES = 4;

/** The length before the octets of a frame. */
export function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length, 0);
  return length;
}

/** Splits a stream of octets into frames. */
export interface FrameReader {
  /** Returns the frames that are complete now. Throws a RangeError when one is longer than allowed. */
  push(chunk: Buffer): readonly Buffer[];
}

/** Creates a reader of frames of at most `maxBytes`. */
export function createFrameReader(maxBytes: number): FrameReader {
  let parts: Buffer[] = [];
  let held = 0;

  /** The next `count` bytes; undefined when there are fewer. */
  function peek(count: number): Buffer | undefined {
    if (held < count) return undefined;
    if ((parts[0]?.length ?? 0) < count) parts = [Buffer.concat(parts)];
    return parts[0]?.subarray(0, count);
  }
  function skip(count: number): void {
    held -= count;
    const rest = parts[0]?.subarray(count) ?? Buffer.alloc(0);
    if (rest.length === 0) parts.shift();
    else parts[0] = rest;
  }
  return {
    push(chunk) {
      if (chunk.length > 0) parts.push(chunk);
      held += chunk.length;
      const frames: Buffer[] = [];
      for (let head = peek(LENGTH_BYTES); head !== undefined; head = peek(LENGTH_BYTES)) {
        const length = head.readUInt32BE(0);
        if (length > maxBytes) throw new RangeError(`a frame of ${length} bytes`);
        const whole = peek(LENGTH_BYTES + length);
        if (whole === undefined) break;
        frames.push(whole.subarray(LENGTH_BYTES));
        skip(LENGTH_BYTES + length);
      }
      return frames;
    },
  };
}
