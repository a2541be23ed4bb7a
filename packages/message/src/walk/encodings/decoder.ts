import { TEXT_LINE_MAX_BYTES } from '../../limits.ts';
import { COLON, CR, EQUALS, LF, SPACE, TAB } from '../../octets.ts';
import { createScriptSink } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';
import { readSignedContent } from '../formats/cms.ts';
import type { PartEncoding } from '../message-tree.ts';
import { createBase64Decoder } from './base64.ts';
import { readBeginLine } from './begin-line.ts';
import { createLineSink } from './line-sink.ts';

/** A soft line break may have white space before its line end (RFC 2045 §6.7 (3)); more than this is text. */
const SOFT_BREAK_MAX = 80;

/** Decodes quoted-printable (RFC 2045 §6.7). What is no valid escape stands for itself, as readers show it. */
function createQuotedPrintableDecoder(to: ByteSink): ByteSink {
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

/** Decodes the first uuencoded file (POSIX uuencode, both forms) of a text: from its `begin` line to `end`. */
function createUuDecoder(to: ByteSink): ByteSink {
  let state: 'before' | 'uu' | 'base64' | 'after' = 'before';
  const base64 = createBase64Decoder({ push: (bytes) => to.push(bytes), end: () => undefined });
  function takeLine(line: Buffer): void {
    if (state === 'before') {
      const begin = readBeginLine(line);
      if (begin?.form === 'uuencode') state = begin.base64 ? 'base64' : 'uu';
    } else if (state === 'uu') {
      if (isUuEnd(line)) state = 'after';
      else pushDecoded(decodeUuLine(line));
    } else if (state === 'base64') {
      if (line.toString('latin1', 0, 4) === '====') state = 'after';
      else base64.push(line);
    }
  }
  function pushDecoded(bytes: Buffer): void {
    if (bytes.length > 0) to.push(bytes);
  }
  return createLineSink(TEXT_LINE_MAX_BYTES, takeLine, () => {
    base64.end();
    to.end();
  });
}

/** True for the line that ends uuencoded data. */
export function isUuEnd(line: Buffer): boolean {
  return line.length >= 3 && line.length < 8 && line.toString('latin1').trimEnd() === 'end';
}

/** One line of uuencoded data: the first character says how many octets follow. */
function decodeUuLine(line: Buffer): Buffer {
  const count = ((line[0] ?? 0x20) - 0x20) & 0x3f;
  const decoded = Buffer.alloc(count + 2);
  let end = 0;
  for (let at = 1; end < count; at += 4) {
    // Trailing spaces get lost on the way: a missing character is a zero.
    const a = ((line[at] ?? 0x20) - 0x20) & 0x3f;
    const b = ((line[at + 1] ?? 0x20) - 0x20) & 0x3f;
    const c = ((line[at + 2] ?? 0x20) - 0x20) & 0x3f;
    const d = ((line[at + 3] ?? 0x20) - 0x20) & 0x3f;
    decoded[end++] = (a << 2) | (b >> 4);
    decoded[end++] = ((b << 4) | (c >> 2)) & 0xff;
    decoded[end++] = ((c << 6) | d) & 0xff;
  }
  return decoded.subarray(0, count);
}

const Y = 0x79;
/** yEnc 1.3: each octet is moved by 42, an escaped one by 64 more. */
const SHIFT = 42;
const ESCAPE_SHIFT = 64;

/** Decodes yEnc 1.3: control lines (`=ybegin`, `=ypart`, `=yend`) are left out. */
function createYencDecoder(to: ByteSink): ByteSink {
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

// RFC 1741 §5.
const DIGITS = '!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr';
const VALUE = new Int8Array(256).fill(-1);
for (let i = 0; i < DIGITS.length; i += 1) VALUE[DIGITS.charCodeAt(i)] = i;

/** RFC 1741 §5: this octet says that the one before it is repeated. */
const REPEAT = 0x90;
/** Runs are at most 255 times their octet, so output is given away in pieces. */
const PIECE_BYTES = 16 * 1024;

/** Decodes BinHex 4.0 (RFC 1741) from its first colon to the second: 6 bits per character, then repetitions. */
function createBinhexDecoder(to: ByteSink): ByteSink {
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

/** Decodes CMS SignedData (RFC 5652 §5) to the content that it signs; nothing for other content or when there is none. */
function createCmsDecoder(to: ByteSink): ByteSink {
  const script = createScriptSink(
    (cursor) => readSignedContent(cursor, to),
    () => undefined,
  );
  return {
    push: (bytes) => script.push(bytes),
    end() {
      script.end();
      to.end();
    },
  };
}

/** A sink that decodes and gives what comes out to `to`. Damaged input is decoded as far as it makes sense. */
export function createDecoder(encoding: PartEncoding, to: ByteSink): ByteSink {
  switch (encoding) {
    case 'identity':
      return to;
    case 'base64':
      return createBase64Decoder(to);
    case 'base64-padded':
      return createBase64Decoder(to, { endsAtPadding: true });
    case 'base64-strict':
      return createBase64Decoder(to, { endsAtPadding: true, endsAtJunk: true });
    case 'base64-lines':
      return createBase64Decoder(to, { wholeLines: true });
    case 'base64-url':
      return createBase64Decoder(to, { urlDigits: true });
    case 'quoted-printable':
      return createQuotedPrintableDecoder(to);
    case 'uuencode':
      return createUuDecoder(to);
    case 'yenc':
      return createYencDecoder(to);
    case 'binhex':
      return createBinhexDecoder(to);
    case 'cms':
      return createCmsDecoder(to);
  }
}
