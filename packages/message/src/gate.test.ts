import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGate } from './gate.ts';

function pass(chunks: readonly Buffer[]) {
  const gate = createGate();
  const bytes = Buffer.concat([...chunks.map((chunk) => gate.push(chunk)), gate.end()]);
  return { text: bytes.toString('latin1'), ...gate.problems };
}

const rows: readonly [string, string, { bareCr?: boolean; nul?: boolean }][] = [
  ['', '', {}],
  ['a\r\nb\r\n', 'a\r\nb\r\n', {}],
  ['a\nb\n', 'a\r\nb\r\n', {}],
  ['\n', '\r\n', {}],
  ['\n\n', '\r\n\r\n', {}],
  ['\r\n', '\r\n', {}],
  ['a', 'a\r\n', {}],
  ['a\r\nb', 'a\r\nb\r\n', {}],
  ['a\rb\r\n', 'a\rb\r\n', { bareCr: true }],
  ['\ra\r\n', '\ra\r\n', { bareCr: true }],
  ['a\r\r\n', 'a\r\r\n', { bareCr: true }],
  ['a\r', 'a\r\r\n', { bareCr: true }],
  ['a\n\r', 'a\r\n\r\r\n', { bareCr: true }],
  ['a\0b\n', 'a\0b\r\n', { nul: true }],
  ['\0\r\0', '\0\r\0\r\n', { nul: true, bareCr: true }],
  ['\u00ff\v\f\t\n', '\u00ff\v\f\t\r\n', {}],
];

describe('gate', () => {
  test.each(rows)('%j becomes %j', (given, text, problems) => {
    expect(pass([Buffer.from(given, 'latin1')])).toEqual({ text, bareCr: false, nul: false, ...problems });
  });

  test.each(rows)('%j in two chunks, split anywhere', (given, text, problems) => {
    const bytes = Buffer.from(given, 'latin1');
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(pass([bytes.subarray(0, at), bytes.subarray(at)])).toEqual({ text, bareCr: false, nul: false, ...problems });
    }
  });

  test('a clean chunk is passed on, not copied', () => {
    const chunk = Buffer.from('Subject: x\r\n\r\nhello\r\nhalf a line');
    expect(createGate().push(chunk)).toBe(chunk);
  });

  test('many short lines are passed on too', () => {
    const chunk = Buffer.from('\r\n'.repeat(10_000));
    expect(createGate().push(chunk)).toBe(chunk);
  });

  const octets = fc.array(fc.constantFrom(0, 10, 10, 13, 13, 65, 66, 255), { maxLength: 60 });
  const longLine = fc.integer({ min: 0, max: 200 }).map((length) => [...Buffer.alloc(length, 'x')]);
  const message = fc.array(fc.oneof(octets, longLine), { maxLength: 5 }).map((parts) => Buffer.from(parts.flat()));

  test('agrees with a definition by regular expressions, however the bytes are split', () => {
    fc.assert(
      fc.property(message, fc.array(fc.nat({ max: 400 }), { maxLength: 8 }), (bytes, cuts) => {
        const given = bytes.toString('latin1');
        const lines = given.replace(/(?<!\r)\n/gu, '\r\n');
        const expected = {
          text: lines === '' || lines.endsWith('\n') ? lines : `${lines}\r\n`,
          bareCr: /\r(?!\n)/u.test(given),
          nul: given.includes('\0'),
        };
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const split = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(pass(split)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
