import { CR, EQUALS, LF } from '../../octets.ts';
import type { ByteSink } from '../byte-sink.ts';

const Y = 0x79;
/** yEnc 1.3: each octet is moved by 42, an escaped one by 64 more. */
const SHIFT = 42;
const ESCAPE_SHIFT = 64;

/** Decodes yEnc 1.3: control lines (`=ybegin`, `=ypart`, `=yend`) are left out. */
export function createYencDecoder(to: ByteSink): ByteSink {
  let lineStart = true;
  let escaped = false;
  let control = false;
  return {
    push(bytes) {
      const decoded = Buffer.allocUnsafe(bytes.length + 1);
      let end = 0;
      for (const octet of bytes) {
        if (octet === LF) {
          lineStart = true;
          control = false;
          escaped = false;
          continue;
        }
        if (control || octet === CR) continue;
        // An escaped `y` would be an octet that needs no escape: only control lines begin so.
        if (escaped && lineStart && octet === Y) control = true;
        else if (escaped) decoded[end++] = (octet - SHIFT - ESCAPE_SHIFT) & 0xff;
        else if (octet !== EQUALS) decoded[end++] = (octet - SHIFT) & 0xff;
        const opens = !escaped && octet === EQUALS;
        lineStart = lineStart && opens;
        escaped = opens;
      }
      if (end > 0) to.push(decoded.subarray(0, end));
    },
    end: () => to.end(),
  };
}
