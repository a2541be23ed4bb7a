import type { Content } from '../content.ts';
import { DECODED_MAX_BYTES } from '../limits.ts';
import type { ByteSink } from './byte-sink.ts';
import { createDecoder, createSlice } from './encodings/decoder.ts';
import type { DecodeStep, MessagePart } from './message-tree.ts';

/** Bounds of reading one part. */
export interface OpenPartLimits {
  /** Decoded octets. */
  readonly maxBytes: number;
}

/**
 * The decoded body of a part, damaged encodings read as readers of mail do. Rejects with `SpoolFault` when the spool cannot be read and
 * with `RangeError` when the body is larger than `maxBytes`: a shortened archive must not look like a whole one.
 */
export function openPart(content: Content, part: Pick<MessagePart, 'chain'>, limits?: OpenPartLimits): AsyncIterable<Buffer> {
  return followChain(content, part.chain, limits);
}

/** The same from a chain alone, for a reader in another process. `content` needs only `read`. */
export async function* followChain(
  content: Pick<Content, 'read'>,
  chain: readonly DecodeStep[],
  { maxBytes }: OpenPartLimits = { maxBytes: DECODED_MAX_BYTES },
): AsyncGenerator<Buffer> {
  const [first, ...rest] = chain;
  if (first === undefined) return;
  let decoded: Buffer[] = [];
  let given = 0;
  const collect: ByteSink = { push: (bytes) => decoded.push(bytes), end: () => undefined };
  const inner = rest.reduceRight<ByteSink>((to, step) => createSlice(step, createDecoder(step.encoding, to)), collect);
  const outer = createDecoder(first.encoding, inner);
  function* drain(): Generator<Buffer> {
    const pieces = decoded;
    decoded = [];
    for (const piece of pieces) {
      given += piece.length;
      if (given > maxBytes) throw new RangeError(`part: more than ${maxBytes} octets`);
      yield piece;
    }
  }
  for await (const chunk of content.read({ start: first.start, end: first.end })) {
    outer.push(chunk);
    yield* drain();
  }
  outer.end();
  yield* drain();
}
