import { COLON } from '../../octets.ts';
import type { ByteSink } from '../byte-sink.ts';

// RFC 1741 §5.
const DIGITS = '!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr';
const VALUE = new Int8Array(256).fill(-1);
for (let i = 0; i < DIGITS.length; i += 1) VALUE[DIGITS.charCodeAt(i)] = i;

/** RFC 1741 §5: this octet says that the one before it is repeated. */
const REPEAT = 0x90;
/** Runs are at most 255 times their octet, so output is given away in pieces. */
const PIECE_BYTES = 16 * 1024;

/** Decodes BinHex 4.0 (RFC 1741) from its first colon to the second: 6 bits per character, then repetitions. */
export function createBinhexDecoder(to: ByteSink): ByteSink {
  const runs = createRunDecoder(to);
  let state: 'before' | 'data' | 'after' = 'before';
  let bits = 0;
  let count = 0;
  return {
    push(bytes) {
      for (const octet of bytes) {
        if (octet === COLON) state = state === 'before' ? 'data' : 'after';
        const value = VALUE[octet] ?? -1;
        if (state !== 'data' || value === -1) continue;
        bits = ((bits << 6) | value) & 0xffff;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        runs.add((bits >> count) & 0xff);
      }
      runs.flush();
    },
    end: () => to.end(),
  };
}

function createRunDecoder(to: ByteSink): { add(octet: number): void; flush(): void } {
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let end = 0;
  let previous = 0;
  let marked = false;
  function flush(): void {
    if (end === 0) return;
    to.push(piece.subarray(0, end));
    piece = Buffer.allocUnsafe(PIECE_BYTES);
    end = 0;
  }
  function put(octet: number, times: number): void {
    for (let i = 0; i < times; i += 1) {
      if (end === PIECE_BYTES) flush();
      piece[end++] = octet;
    }
  }
  return {
    add(octet) {
      if (marked) {
        marked = false;
        if (octet === 0) previous = REPEAT;
        put(previous, octet === 0 ? 1 : octet - 1);
      } else if (octet === REPEAT) marked = true;
      else {
        previous = octet;
        put(octet, 1);
      }
    },
    flush,
  };
}
