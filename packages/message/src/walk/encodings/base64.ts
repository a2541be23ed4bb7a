import { FIELD_TEXT_MAX_BYTES } from '../../limits.ts';
import type { ByteSink } from '../byte-sink.ts';
import { createLineSink } from './line-sink.ts';

const PADDING = 64;
const SPACE = 65;
const JUNK = 66;

// RFC 4648 §4. Below 64 a digit, else one of the three kinds above.
const KIND = createTable();

function createTable(): Uint8Array {
  const table = new Uint8Array(256).fill(JUNK);
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let i = 0; i < digits.length; i += 1) table[digits.charCodeAt(i)] = i;
  for (const space of ' \t\r\n') table[space.charCodeAt(0)] = SPACE;
  table['='.charCodeAt(0)] = PADDING;
  return table;
}

/** RFC 4648 §5: `-` and `_` are digits too. */
const URL_KIND = Uint8Array.from(KIND);
URL_KIND['-'.charCodeAt(0)] = 62;
URL_KIND['_'.charCodeAt(0)] = 63;

/** How Base64 is decoded that is not as it should be. */
export interface Base64Options {
  /** It ends at padding. */
  readonly endsAtPadding?: boolean;
  /** It ends at what does not belong there. */
  readonly endsAtJunk?: boolean;
  readonly urlDigits?: boolean;
  /** Lines with anything but digits and padding are passed over. */
  readonly wholeLines?: boolean;
}

/**
 * Decodes Base64 as most readers of mail do: what is no digit is skipped (RFC 2045 §6.8), missing padding is no error, and after padding
 * the next block begins.
 */
export function createBase64Decoder(to: ByteSink, options: Base64Options = {}): ByteSink {
  const decoder = createDigitsDecoder(to, options);
  return options.wholeLines === true ? createLinesFilter(decoder) : decoder;
}

function createDigitsDecoder(to: ByteSink, { endsAtPadding = false, endsAtJunk = false, urlDigits = false }: Base64Options): ByteSink {
  const kinds = urlDigits ? URL_KIND : KIND;
  let ended = false;
  let group = 0;
  let digits = 0;
  /** Used again for each piece: who wants to keep it copies it. */
  let decoded: Buffer = Buffer.alloc(0);
  /** The bits of a group that ends early. */
  function tail(into: Buffer, at: number): number {
    let end = at;
    if (digits >= 2) into[end++] = group >> (digits * 6 - 8);
    if (digits === 3) into[end++] = (group >> 2) & 0xff;
    group = 0;
    digits = 0;
    return end;
  }
  return {
    push(bytes) {
      const mostBytes = ((bytes.length + 4) * 3) >> 2;
      if (decoded.length < mostBytes) decoded = Buffer.allocUnsafeSlow(mostBytes);
      let end = 0;
      for (let at = 0; at < bytes.length && !ended; at += 1) {
        const kind = kinds[bytes[at] ?? 0] ?? JUNK;
        if (kind < PADDING) {
          group = (group << 6) | kind;
          digits += 1;
          if (digits === 4) {
            decoded[end] = group >> 16;
            decoded[end + 1] = (group >> 8) & 0xff;
            decoded[end + 2] = group & 0xff;
            end += 3;
            group = 0;
            digits = 0;
          }
        } else if (kind === PADDING && digits > 0) {
          end = tail(decoded, end);
          ended = endsAtPadding;
        } else if (kind === JUNK) ended = endsAtJunk;
      }
      if (end > 0) to.push(decoded.subarray(0, end));
    },
    end() {
      const rest = Buffer.alloc(2);
      const length = tail(rest, 0);
      if (length > 0) to.push(rest.subarray(0, length));
      to.end();
    },
  };
}

/** Passes on the lines that have nothing but digits and padding. */
function createLinesFilter(decoder: ByteSink): ByteSink {
  const takeLine = (line: Buffer): void => {
    if (line.every((octet) => KIND[octet] !== JUNK)) decoder.push(line);
  };
  return createLineSink(FIELD_TEXT_MAX_BYTES, takeLine, () => decoder.end());
}

/** What a look at Base64 found, without decoding it. */
export interface Base64Look extends ByteSink {
  readonly junk: boolean;
  /** Among it digits of another alphabet, RFC 4648 §5. */
  readonly urlDigits: boolean;
  /** Digits after padding. */
  readonly concatenated: boolean;
}

/** Looks whether Base64 is such that all readers decode it alike. */
export function createBase64Look(): Base64Look {
  let junk = false;
  let urlDigits = false;
  let padded = false;
  let concatenated = false;
  return {
    get junk() {
      return junk;
    },
    get urlDigits() {
      return urlDigits;
    },
    get concatenated() {
      return concatenated;
    },
    push(bytes) {
      for (let at = 0; at < bytes.length; at += 1) {
        const kind = KIND[bytes[at] ?? 0] ?? JUNK;
        if (kind < PADDING) {
          if (padded) concatenated = true;
        } else if (kind === PADDING) padded = true;
        else if (kind === JUNK) {
          junk = true;
          urlDigits ||= (URL_KIND[bytes[at] ?? 0] ?? JUNK) < PADDING;
        }
      }
    },
    end: () => undefined,
  };
}
