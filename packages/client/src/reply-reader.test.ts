import fc from 'fast-check';
import { expect, test } from 'vitest';
import { REPLY_LINE_BYTES, REPLY_LINES_MAX } from './limits.ts';
import { createReplyReader } from './reply-reader.ts';

function readAll(pieces: readonly Buffer[]): readonly string[] {
  const reader = createReplyReader();
  return pieces.flatMap((piece) => reader.read(piece)).map((reply) => `${reply.code}|${reply.text}`);
}

test.each([
  ['250 fine\r\n', ['250|250 fine']],
  ['250\r\n', ['250|250']],
  ['250 \r\n', ['250|250 ']],
  ['250-one\r\n250-two\r\n250 three\r\n451 x\r\n', ['250|250-one\n250-two\n250 three', '451|451 x']],
  ['250 only LF\n', ['250|250 only LF']],
  ['550 5.1.1 <žluť@x>\r\n', ['550|550 5.1.1 <žluť@x>']],
  ['250 not yet', []],
])('%j', (text, replies) => {
  expect(readAll([Buffer.from(text)])).toEqual(replies);
});

test.each([
  ['HTTP/1.1 400 Bad Request\r\n'],
  ['\r\n'],
  ['25\r\n'],
  ['2500 x\r\n'],
  ['250+x\r\n'],
  ['150 x\r\n'],
  ['600 x\r\n'],
  ['250-a\r\n251 b\r\n'],
  [`250 ${'x'.repeat(REPLY_LINE_BYTES)}`],
  [`250 ${'x'.repeat(REPLY_LINE_BYTES)}\r\n`],
  ['250-x\r\n'.repeat(REPLY_LINES_MAX + 1)],
])('%j is no reply', (text) => {
  expect(() => readAll([Buffer.from(text)])).toThrow(expect.objectContaining({ kind: 'garbled' }));
});

test('any split of the octets gives the same replies', () => {
  const line = fc.constantFrom('250 fine', '250-more\r\n250 end', '550 5.1.1 <ř@x> no', '354', '421 4.3.2 bye');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat({ max: 60 }), { maxLength: 20 }), (lines, cuts) => {
      const whole = Buffer.from(lines.map((one) => `${one}\r\n`).join(''));
      const pieces: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        pieces.push(whole.subarray(at, at + cut));
        at += cut;
      }
      expect(readAll([...pieces, whole.subarray(at)])).toEqual(readAll([whole]));
    }),
  );
});
