import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUnstuffer } from './unstuff.ts';

/** Octets in, octets out, one chunk per element. */
function unstuff(chunks: readonly Buffer[]): { content: string; rest: string | undefined } {
  const unstuffer = createUnstuffer();
  const content: Buffer[] = [];
  for (const [i, chunk] of chunks.entries()) {
    const piece = unstuffer.push(chunk);
    content.push(Buffer.from(piece.content));
    if (piece.rest === undefined) continue;
    const rest = Buffer.concat([piece.rest, ...chunks.slice(i + 1)]);
    return { content: Buffer.concat(content).toString('latin1'), rest: rest.toString('latin1') };
  }
  return { content: Buffer.concat(content).toString('latin1'), rest: undefined };
}

/** RFC 5321 §4.5.2 as it reads: line by line, where only CRLF ends a line. Undefined when the final dot is missing. */
function naive(text: string): { content: string; rest: string } | undefined {
  let content = '';
  let left = text;
  for (;;) {
    const end = left.indexOf('\r\n');
    if (end === -1) return undefined;
    const line = left.slice(0, end);
    left = left.slice(end + 2);
    if (line === '.') return { content, rest: left };
    content += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
  }
}

/** Cuts octets at the places given. */
function split(text: string, cuts: readonly number[]): readonly Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const at = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

// Mostly the octets that matter, and runs long enough for the native search.
const piece = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('\r', '\n', '.', '\r\n', '\r\n.', '\r\n.\r\n', '..', 'x', '\0') },
  { weight: 1, arbitrary: fc.constantFrom('y'.repeat(47), 'y'.repeat(48), 'y'.repeat(200)) },
);
const data = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
const cuts = fc.array(fc.nat(4000), { maxLength: 40 });

describe('unstuffing', () => {
  it('gives what the RFC says, however the bytes are split', () => {
    fc.assert(
      fc.property(data, cuts, (text, where) => {
        const whole = `${text}\r\n.\r\nQUIT\r\n`;
        expect(unstuff(split(whole, where))).toEqual(naive(whole));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same for a message that has not ended yet, however the bytes are split', () => {
    fc.assert(
      fc.property(data, cuts, (text, where) => {
        expect(unstuff(split(text, where))).toEqual(unstuff([Buffer.from(text, 'latin1')]));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same octet by octet', () => {
    fc.assert(
      fc.property(data, (text) => {
        const whole = `${text}\r\n.\r\nrest`;
        expect(unstuff([...Buffer.from(whole, 'latin1')].map((byte) => Buffer.from([byte])))).toEqual(naive(whole));
      }),
      { numRuns: 500 },
    );
  });

  it('undoes stuffing', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[.a\r]{0,5}$/u), { maxLength: 20 }), cuts, (lines, where) => {
        // A CR at the end of a line would make a line end of its own with what follows; a message of whole lines has
        // none.
        const clean = lines.map((line) => line.replace(/\r+$/u, ''));
        const wire = `${clean.map((line) => (line.startsWith('.') ? `.${line}\r\n` : `${line}\r\n`)).join('')}.\r\n`;
        expect(unstuff(split(wire, where)).content).toBe(clean.map((line) => `${line}\r\n`).join(''));
      }),
    );
  });

  const rows: readonly (readonly [name: string, wire: string, content: string, rest: string | undefined])[] = [
    ['an empty message', '.\r\n', '', ''],
    ['what follows the end', '.\r\nMAIL', '', 'MAIL'],
    ['a first line that begins with a dot', '..a\r\n.\r\n', '.a\r\n', ''],
    ['a line of two dots', '..\r\n.\r\n', '.\r\n', ''],
    ['a dot that nobody stuffed', '.a\r\n.\r\n', 'a\r\n', ''],
    ['an empty line before the end', '\r\n.\r\n', '\r\n', ''],
    ['.LF', 'a\r\n.\nQUIT\r\n', 'a\r\n\nQUIT\r\n', undefined],
    ['LF.CRLF', 'a\n.\r\nQUIT\r\n', 'a\n.\r\nQUIT\r\n', undefined],
    ['LF.LF', 'a\n.\nQUIT\r\n', 'a\n.\nQUIT\r\n', undefined],
    ['CR.CRLF', 'a\r.\r\nQUIT\r\n', 'a\r.\r\nQUIT\r\n', undefined],
    ['CR.CR', 'a\r.\rQUIT\r\n', 'a\r.\rQUIT\r\n', undefined],
    ['CRLF.CR', 'a\r\n.\rQUIT\r\n', 'a\r\n\rQUIT\r\n', undefined],
    ['CRLF.CR.CRLF', 'a\r\n.\r.\r\nQUIT\r\n', 'a\r\n\r.\r\nQUIT\r\n', undefined],
    ['CRLF.CRCRLF', 'a\r\n.\r\r\nQUIT\r\n', 'a\r\n\r\r\nQUIT\r\n', undefined],
    ['LFCR.CRLF', 'a\n\r.\r\nQUIT\r\n', 'a\n\r.\r\nQUIT\r\n', undefined],
    ['CRCRLF.CRLF ends: its last two octets are a line end', 'a\r\r\n.\r\nQUIT', 'a\r\r\n', 'QUIT'],
    ['CRLF.NULCRLF', 'a\r\n.\0\r\n', 'a\r\n\0\r\n', undefined],
    ['CRLF.SPCRLF', 'a\r\n. \r\n', 'a\r\n \r\n', undefined],
  ];
  it.each(rows)('%s', (_, wire, content, rest) => {
    expect(unstuff([Buffer.from(wire, 'latin1')])).toEqual({ content, rest });
    expect(unstuff([...Buffer.from(wire, 'latin1')].map((byte) => Buffer.from([byte])))).toEqual({ content, rest });
  });

  it('copies nothing where no dot has to go', () => {
    const chunk = Buffer.from('a line\r\nanother.\r\n');
    const { content } = createUnstuffer().push(chunk);
    expect(content.buffer).toBe(chunk.buffer);
    expect(content.byteOffset).toBe(chunk.byteOffset);
  });
});
