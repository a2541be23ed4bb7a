import { TEXT_LINE_MAX_BYTES } from '../../limits.ts';
import type { ByteSink } from '../byte-sink.ts';
import { readBeginLine } from '../formats/begin-line.ts';
import { createBase64Decoder } from './base64.ts';
import { createLineSink } from './line-sink.ts';

/** Decodes the first uuencoded file (POSIX uuencode, both forms) of a text: from its `begin` line to `end`. */
export function createUuDecoder(to: ByteSink): ByteSink {
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
