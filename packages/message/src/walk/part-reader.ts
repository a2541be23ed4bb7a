import type { Content } from '../content.ts';
import { DECODED_MAX_BYTES, PARTS_DECODED_MAX_BYTES, READ_CHUNK_BYTES } from '../limits.ts';
import { createDecoder } from './encodings/decoder.ts';
import { createGatherer } from './gatherer.ts';
import type { DecodeStep, MessagePart } from './message-tree.ts';
import { createTrail, type Trail } from './trail.ts';

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
