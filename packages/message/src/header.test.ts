import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countReceived, createFieldReader, type HeaderLimits, readHeader } from './header.ts';
import { contentOf } from './spool.ts';

const read = (text: string, limits?: HeaderLimits) => readHeader(contentOf(Buffer.from(text, 'latin1')), limits);

type Row = readonly [what: string, message: string, fields: readonly (readonly [string, string])[], bodyStart: number];
const rows: readonly Row[] = [
  ['nothing', '', [], 0],
  ['no header', '\r\nbody\r\n', [], 2],
  ['one field', 'Subject: hi\r\n\r\nbody', [['subject', 'hi']], 15],
  ['no body', 'Subject: hi\r\n', [['subject', 'hi']], 13],
  ['no line end at all', 'Subject: hi', [['subject', 'hi']], 11],
  [
    'folded',
    'A: one\r\n two\r\n\tthree\r\nB:\r\n\r\n',
    [
      ['a', 'one two\tthree'],
      ['b', ''],
    ],
    28,
  ],
  [
    'bare LF',
    'A: 1\nB: 2\n\nbody',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    11,
  ],
  ['white space before the colon', 'X-Spam-Flag \t: NO\r\n\r\n', [['x-spam-flag', 'NO']], 21],
  [
    'a line that is no field is skipped',
    'From a@b Mon 1:00\r\nA: 1\r\nhello\r\n folded: x\r\nB: 2\r\n\r\n',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    52,
  ],
  ['a folded line at the very beginning', ' x: y\r\nA: 1\r\n\r\n', [['a', '1']], 15],
  [
    'a line of white space is folded, not empty',
    'A: 1\r\n \r\nB: 2\r\n\r\n',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    17,
  ],
  ['empty name, 8-bit name', ': 1\r\nN\u00e1me: 2\r\nA: 3\r\n\r\n', [['a', '3']], 22],
  ['a bare CR is not an empty line', '\rA: 1\r\nB: 2\r\n\r\n', [['b', '2']], 15],
  [
    'Latin-1 where it is not UTF-8',
    'A: caf\u00e9\r\nB: caf\u00c3\u00a9\r\n\r\n',
    [
      ['a', 'caf\u00e9'],
      ['b', 'caf\u00e9'],
    ],
    21,
  ],
];

describe('readHeader', () => {
  test.each(rows)('%s', async (_what, message, fields, bodyStart) => {
    const header = await read(message);
    expect(header.fields.map((field) => [field.name, field.value])).toEqual(fields);
    expect(header).toMatchObject({ bodyStart, truncated: false });
  });

  test('ranges cover folded lines and the last line end', async () => {
    const message = 'A: one\r\n two\r\nB: 2\r\n\r\n';
    const { fields } = await read(message);
    expect(fields.map(({ start, end }) => message.slice(start, end))).toEqual(['A: one\r\n two\r\n', 'B: 2\r\n']);
  });

  test('a field above 64 KiB keeps its range; its value is cut', async () => {
    const { fields } = await read(`A: ${'x'.repeat(100_000)}\r\nB: 2\r\n\r\n`);
    expect(fields[0]).toMatchObject({ start: 0, end: 100_005, cut: true });
    expect(fields[0]?.value.length).toBe(65_536 - 3);
    expect(fields[1]).toMatchObject({ name: 'b', cut: false });
  });

  test.each([
    [3, 'A: 1\r\nB: 2\r\nC: 3\r\n\r\n', 3, false, 20],
    [3, 'A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n', 3, true, 18],
    [3, 'A: 1\r\nodd\r\nodd\r\nodd\r\nB: 2\r\n\r\n', 1, true, 16],
  ])('at most %i fields: %j', async (maxFields, message, count, truncated, bodyStart) => {
    const header = await read(message, { maxBytes: 1000, maxFields });
    expect(header).toMatchObject({ truncated, bodyStart });
    expect(header.fields.length).toBe(count);
  });

  test.each([
    [12, 1, true, 12],
    [14, 2, false, 14],
  ])('at most %i octets', async (maxBytes, count, truncated, bodyStart) => {
    const header = await read('A: 1\r\nB: 2\r\n\r\nbody\r\n', { maxBytes, maxFields: 10 });
    expect(header).toMatchObject({ truncated, bodyStart });
    expect(header.fields.length).toBe(count);
  });

  test('any split of the bytes gives the same header', () => {
    const piece = fc.constantFrom('A', ':', ' ', '\r\n', '\r\n', '\r', '\n', 'name: value\r\n', ' folded\r\n', '\u00e9', 'x'.repeat(50));
    const message = fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1'));
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 6 }), (bytes, step, maxFields) => {
        const whole = createFieldReader(maxFields);
        whole.push(bytes);
        const split = createFieldReader(maxFields);
        for (let at = 0; at < bytes.length; at += step) if (!split.push(bytes.subarray(at, at + step))) break;
        expect(split.finish(false)).toEqual(whole.finish(false));
      }),
      { numRuns: 2000 },
    );
  });

  test('fields stand one behind the other and never reach into the body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', ':', ' ', '\r\n', '\t', '\n', '\r') }), async (text) => {
        const { fields, bodyStart } = await read(text);
        const places = [0, ...fields.flatMap((field) => [field.start, field.end]), bodyStart, text.length];
        expect(places).toEqual(places.toSorted((a, b) => a - b));
      }),
    );
  });
});

test('Received fields are counted in any case', async () => {
  const { fields } = await read('Received: a\r\nRECEIVED: b\r\nX-Received: c\r\nreceived : d\r\n\r\nReceived: body\r\n');
  expect(countReceived(fields)).toBe(3);
});
