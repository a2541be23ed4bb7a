import { CR, LF } from '../../octets.ts';
import type { ByteSink } from '../byte-sink.ts';

const NOTHING = Buffer.alloc(0);

/** Takes one line at a time, without its line end. `cut`: the line is longer than the bound; its rest is dropped. */
export type TakeLine = (line: Buffer, cut: boolean) => void;

/** Splits a stream into lines of at most `maxBytes` octets. CRLF and LF end a line. */
export function createLineSink(maxBytes: number, takeLine: TakeLine, end: () => void): ByteSink {
  let pending: Buffer = NOTHING;
  let skipping = false;
  function endLine(line: Buffer): void {
    if (skipping) {
      skipping = false;
      return;
    }
    const stop = line.at(-1) === CR ? line.length - 1 : line.length;
    takeLine(line.subarray(0, Math.min(stop, maxBytes)), stop > maxBytes);
  }
  function keep(rest: Buffer): void {
    if (skipping) return;
    const whole = pending.length === 0 ? rest : Buffer.concat([pending, rest]);
    if (whole.length <= maxBytes) {
      pending = pending.length === 0 ? Buffer.from(whole) : whole;
      return;
    }
    takeLine(whole.subarray(0, maxBytes), true);
    pending = NOTHING;
    skipping = true;
  }
  return {
    push(bytes) {
      let at = 0;
      for (let lf = bytes.indexOf(LF); lf !== -1; lf = bytes.indexOf(LF, at)) {
        const rest = bytes.subarray(at, lf);
        endLine(pending.length === 0 ? rest : Buffer.concat([pending, rest]));
        pending = NOTHING;
        at = lf + 1;
      }
      if (at < bytes.length) keep(bytes.subarray(at));
    },
    end() {
      if (pending.length > 0) endLine(pending);
      end();
    },
  };
}
