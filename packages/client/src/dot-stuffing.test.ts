import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDotStuffing } from './send-body.ts';

function stuff(pieces: readonly string[]): string {
  const stuffing = createDotStuffing();
  const out = pieces.map((piece) => stuffing.stuff(Buffer.from(piece, 'latin1')).toString('latin1'));
  return out.join('') + stuffing.end();
}
/** What a server makes of it (RFC 5321 §4.5.2), told in the most obvious way. */
function unstuff(wire: string): string {
  const lines = wire.split('\r\n');
  const end = lines.indexOf('.');
  return lines
    .slice(0, end)
    .map((line) => `${line.replace(/^\./u, '')}\r\n`)
    .join('');
}

test.each([
  [[], '.\r\n'],
  [['a\r\n'], 'a\r\n.\r\n'],
  [['no end'], 'no end\r\n.\r\n'],
  [['a\r'], 'a\r\r\n.\r\n'],
  [['.\r\n'], '..\r\n.\r\n'],
  [['.'], '..\r\n.\r\n'],
  [['a\r\n.b\r\n..\r\n.'], 'a\r\n..b\r\n...\r\n..\r\n.\r\n'],
  [['a\r\n', '.b\r\n'], 'a\r\n..b\r\n.\r\n'],
  [['a\r', '\n', '', '.', '.\r\n'], 'a\r\n...\r\n.\r\n'],
  [['a.b\r\n c.\r\n'], 'a.b\r\n c.\r\n.\r\n'],
])('%j', (pieces, wire) => {
  expect(stuff(pieces)).toBe(wire);
});

test.each([[['a\n.\r\nMAIL FROM:<>\r\n']], [['a\n', '.']], [['a', '\n.\n']], [['\n.']]])('%j cannot be sent', (pieces) => {
  expect(() => stuff(pieces)).toThrow('bare LF');
});

test('a server reads what was written, however it was cut', () => {
  const piece = fc.string({ unit: fc.constantFrom('.', '\r\n', 'a', '\r\n.', '\r'), maxLength: 40 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      // A bare CR before CRLF is kept; one before a dot is no line end.
      const text = pieces.join('');
      const whole = text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`;
      expect(unstuff(stuff(pieces))).toBe(whole);
    }),
  );
});

test('a message without dots at line starts is not copied', () => {
  const stuffing = createDotStuffing();
  const octets = Buffer.from('a.b\r\nc\r\n');
  expect(stuffing.stuff(octets)).toBe(octets);
});
