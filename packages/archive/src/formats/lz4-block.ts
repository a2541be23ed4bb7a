/** How far back a match may reach (LZ4 block format): what stays of a block for the next. */
export const LZ4_WINDOW_BYTES = 64 * 1024;

const MATCH_MIN_BYTES = 4;
const EXTENDED = 15;

/** Octets of a block while they are read. */
interface Reading {
  readonly block: Buffer;
  at: number;
}

/**
 * Unpacks one block to `out` from `start` on, where the octets in front of `start` are those of the blocks before. Returns where it ends;
 * undefined when the block is damaged or larger than `out`.
 */
export function unpackLz4Block(block: Buffer, out: Buffer, start: number): number | undefined {
  const reading: Reading = { block, at: 0 };
  let end = start;
  while (reading.at < block.length) {
    const token = block[reading.at++] ?? 0;
    const literals = readLength(reading, token >> 4);
    if (literals > block.length - reading.at || literals > out.length - end) return undefined;
    end += block.copy(out, end, reading.at, reading.at + literals);
    reading.at += literals;
    // The last sequence has no match.
    if (reading.at === block.length) return end;
    if (reading.at + 2 > block.length) return undefined;
    const distance = block.readUInt16LE(reading.at);
    reading.at += 2;
    const length = readLength(reading, token & EXTENDED) + MATCH_MIN_BYTES;
    if (distance === 0 || distance > end || length > out.length - end) return undefined;
    copyMatch(out, end, distance, length);
    end += length;
  }
  return end;
}

/** Four bits; when all are set, octets are added up to the first that is not 255. */
function readLength(reading: Reading, bits: number): number {
  let length = bits;
  for (let more = bits === EXTENDED ? 255 : 0; more === 255; ) {
    more = reading.block[reading.at++] ?? 0;
    length += more;
  }
  return length;
}

/** A match may reach into what it makes itself: then it repeats. */
function copyMatch(out: Buffer, end: number, distance: number, length: number): void {
  let done = 0;
  while (done < length) {
    const count = Math.min(length - done, distance + done);
    out.copyWithin(end + done, end - distance, end - distance + count);
    done += count;
  }
}
