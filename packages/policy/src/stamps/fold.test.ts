import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldField } from './fold.ts';

describe('foldField', () => {
  it.each([
    ['X: short', 'X: short\r\n'],
    ['X: a\r\nBcc: b', 'X: a Bcc: b\r\n'],
    ['X: a\u0000b\u0085c', 'X: a b c\r\n'],
    ['X: j\u00f6\u{1f600}\ud800', 'X: j???\r\n'],
    [`X: ${'a'.repeat(75)} `, `X: ${'a'.repeat(75)}\r\n`],
    [`X: ${'a'.repeat(40)} ${'b'.repeat(40)}`, `X: ${'a'.repeat(40)}\r\n\t${'b'.repeat(40)}\r\n`],
  ])('%j', (text, lines) => expect(foldField(text)).toBe(lines));

  it('makes one field of bounded lines, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
        const lines = foldField(`X: ${text}`).split('\r\n');
        expect(lines.pop()).toBe('');
        expect(lines[0]?.startsWith('X:')).toBe(true);
        for (const line of lines.slice(1)) expect(line).toMatch(/^\t[^\s]/u);
        for (const line of lines) {
          expect(line.slice(1)).toMatch(/^[\u0020-\u007e]*$/u);
          // RFC 5322 2.1.1: never more than 998 octets.
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998);
        }
      }),
    );
  });

  it('breaks even a word that is longer than a line may be', () => {
    for (const line of foldField(`X: ${'ž'.repeat(3000)}`).split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998);
  });
});
