import type { Content } from '../content.ts';
import { DECODED_MAX_BYTES, PARTS_DECODED_MAX_BYTES, READ_CHUNK_BYTES } from '../limits.ts';
import type { ByteSink } from './byte-sink.ts';
import { createDecoder } from './encodings/decoder.ts';
import type { DecodeStep, MessagePart } from './message-tree.ts';

/** Bounds of reading parts, in decoded octets. */
export interface PartReaderLimits {
  /** Of one part. */
  readonly maxBytes: number;
  /** Of everything that is decoded on the way to all parts. */
  readonly maxTotalBytes: number;
}

/** Reads the decoded bodies of parts, one after the other. */
export interface PartReader {
  /**
   * The decoded body of a part, damaged encodings read as readers of mail do. Rejects with `SpoolFault` when the spool cannot be read and
   * with `RangeError` when the body, or all bodies together, are larger than the limits: a shortened archive must not look like a whole
   * one. A chunk is valid until the next is asked for, and a part until the next is opened.
   */
  open(part: Pick<MessagePart, 'chain'>): AsyncIterable<Buffer>;
}

const LIMITS: PartReaderLimits = { maxBytes: DECODED_MAX_BYTES, maxTotalBytes: PARTS_DECODED_MAX_BYTES };

/**
 * Creates a reader of parts. In the order of the message it is linear: of what many parts lie in (an attached message in Base64, a TNEF), the
 * decoding goes on for the next part where the one before it ended. Any other order is right, but decodes again.
 */
export function createPartReader(content: Pick<Content, 'read'>, limits: PartReaderLimits = LIMITS): PartReader {
  /** `trails[depth]` decodes a chain of so many steps. */
  let trails: Trail[] = [];
  const block = Buffer.allocUnsafeSlow(READ_CHUNK_BYTES);
  let totalBytes = 0;

  function spend(bytes: number): void {
    totalBytes += bytes;
    if (totalBytes > limits.maxTotalBytes) throw new RangeError(`parts: more than ${limits.maxTotalBytes} octets`);
  }
  /** What a chain decodes to. */
  async function* decode(chain: readonly DecodeStep[]): AsyncGenerator<Buffer> {
    const last = chain.at(-1);
    if (last === undefined) return;
    const decoded = createGatherer();
    const decoder = createDecoder(last.encoding, decoded);
    for await (const bytes of encodedBytes(chain.slice(0, -1), last)) {
      decoder.push(bytes);
      const piece = decoded.take();
      spend(piece.length);
      if (piece.length > 0) yield piece;
    }
    decoder.end();
    const rest = decoded.take();
    spend(rest.length);
    if (rest.length > 0) yield rest;
  }
  /** The range of a step, in what the chain before it decodes to. */
  function encodedBytes(prefix: readonly DecodeStep[], { start, end }: DecodeStep): AsyncIterable<Buffer> {
    if (prefix.length === 0) return content.read({ start, end }, block);
    const old = trails[prefix.length];
    if (old?.leadsTo(prefix, start) === true) return old.read(start, end);
    const trail = createTrail(prefix, decode(prefix));
    trails[prefix.length] = trail;
    return trail.read(start, end);
  }
  return {
    async *open({ chain }) {
      // A part that lies less deep moves what deeper trails follow.
      trails = trails.slice(0, Math.max(1, chain.length));
      let given = 0;
      for await (const piece of decode(chain)) {
        given += piece.length;
        if (given > limits.maxBytes) throw new RangeError(`part: more than ${limits.maxBytes} octets`);
        yield piece;
      }
    },
  };
}

/** Gathers what a decoder gives for one chunk, in a buffer that is used again and again: nothing is left for the garbage collector. */
interface Gatherer extends ByteSink {
  /** What came since the last time, perhaps nothing; valid until the next `push`. */
  take(): Buffer;
}

/** Creates an empty one. It grows to the largest that one chunk has become, some MiB for run lengths of BinHex. */
function createGatherer(): Gatherer {
  let block: Buffer = Buffer.allocUnsafeSlow(0);
  let used = 0;
  return {
    push(bytes) {
      if (used + bytes.length > block.length) {
        const larger = Buffer.allocUnsafeSlow(
          Math.max(block.length * 2, used + bytes.length, Math.min(READ_CHUNK_BYTES, bytes.length * 2)),
        );
        block.copy(larger, 0, 0, used);
        block = larger;
      }
      bytes.copy(block, used);
      used += bytes.length;
    },
    end: () => undefined,
    take() {
      const taken = block.subarray(0, used);
      used = 0;
      return taken;
    },
  };
}

/** A stream of decoded octets that is read range by range, forwards only. */
interface Trail {
  /** True when it decodes this chain and has not gone beyond `position`. */
  leadsTo(chain: readonly DecodeStep[], position: number): boolean;
  /** The octets of a range, which must not begin before the end of what was read. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

/** Creates a trail of what `decoded`, the octets of `chain`, gives. */
function createTrail(chain: readonly DecodeStep[], decoded: AsyncGenerator<Buffer>): Trail {
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);

  /** At most `count` octets from the position on; undefined at the end. */
  async function take(count: number): Promise<Buffer | undefined> {
    while (rest.length === 0) {
      const next = await decoded.next();
      if (next.done === true) return undefined;
      rest = next.value;
    }
    const taken = rest.subarray(0, count);
    rest = rest.subarray(taken.length);
    position += taken.length;
    return taken;
  }
  return {
    leadsTo: (other, wanted) =>
      position <= wanted && other.length === chain.length && other.every((step, index) => isSame(step, chain[index])),
    async *read(start, end) {
      while (position < start) if ((await take(start - position)) === undefined) return;
      while (position < end) {
        const piece = await take(end - position);
        if (piece === undefined) return;
        yield piece;
      }
    },
  };
}

function isSame(one: DecodeStep, other: DecodeStep | undefined): boolean {
  return one === other || (one.start === other?.start && one.end === other.end && one.encoding === other.encoding);
}
