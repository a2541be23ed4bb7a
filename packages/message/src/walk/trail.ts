import type { DecodeStep } from './message-tree.ts';

/** A stream of decoded octets that is read range by range, forwards only. */
export interface Trail {
  /** True when it decodes this chain and has not gone beyond `position`. */
  leadsTo(chain: readonly DecodeStep[], position: number): boolean;
  /** The octets of a range, which must not begin before the end of what was read. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

/** Creates a trail of what `decoded`, the octets of `chain`, gives. */
export function createTrail(chain: readonly DecodeStep[], decoded: AsyncGenerator<Buffer>): Trail {
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
