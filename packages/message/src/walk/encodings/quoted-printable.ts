import { CR, EQUALS, LF, SPACE, TAB } from '../../octets.ts';
import type { ByteSink } from '../byte-sink.ts';

/** A soft line break may have white space before its line end (RFC 2045 §6.7 (3)); more than this is text. */
const SOFT_BREAK_MAX = 80;

/** Decodes quoted-printable (RFC 2045 §6.7). What is no valid escape stands for itself, as readers show it. */
export function createQuotedPrintableDecoder(to: ByteSink): ByteSink {
  /** From an `=` on, while what follows it has not come. */
  let pending: Buffer | undefined;
  function decode(bytes: Buffer, last: boolean): void {
    if (!bytes.includes(EQUALS)) {
      to.push(bytes);
      return;
    }
    const decoded = Buffer.allocUnsafe(bytes.length);
    let end = 0;
    let at = 0;
    while (at < bytes.length) {
      const octet = bytes[at] ?? 0;
      if (octet !== EQUALS) {
        decoded[end++] = octet;
        at += 1;
        continue;
      }
      const found = readEscape(bytes, at);
      if (found === undefined && !last && bytes.length - at < SOFT_BREAK_MAX) {
        pending = Buffer.from(bytes.subarray(at));
        break;
      }
      // The line end of a last soft break belongs to the delimiter behind the body.
      if (found === undefined && bytes.toString('latin1', at + 1).trim() === '') break;
      if (found?.octet !== undefined || found === undefined) decoded[end++] = found?.octet ?? EQUALS;
      at = found?.next ?? at + 1;
    }
    if (end > 0) to.push(decoded.subarray(0, end));
  }
  return {
    push(bytes) {
      const whole = pending === undefined ? bytes : Buffer.concat([pending, bytes]);
      pending = undefined;
      decode(whole, false);
    },
    end() {
      if (pending !== undefined) decode(pending, true);
      to.end();
    },
  };
}

/** What stands at an `=`: an octet, a soft break (no octet), or itself. Undefined when more bytes are needed to tell. */
function readEscape(bytes: Buffer, at: number): { readonly octet?: number; readonly next: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  const high = hexDigit(first);
  if (high !== -1) {
    const second = bytes[at + 2];
    if (second === undefined) return undefined;
    const low = hexDigit(second);
    return low === -1 ? { octet: EQUALS, next: at + 1 } : { octet: high * 16 + low, next: at + 3 };
  }
  let end = at + 1;
  while (bytes[end] === SPACE || bytes[end] === TAB) {
    if (end - at > SOFT_BREAK_MAX) return { octet: EQUALS, next: at + 1 };
    end += 1;
  }
  if (bytes[end] === LF) return { next: end + 1 };
  if (bytes[end] === CR) {
    if (bytes[end + 1] === undefined) return undefined;
    return { next: bytes[end + 1] === LF ? end + 2 : end + 1 };
  }
  return bytes[end] === undefined ? undefined : { octet: EQUALS, next: at + 1 };
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
