import { contentOf } from '@vratny/message';
import fc from 'fast-check';
import { parseHeaders } from 'mailauth/lib/tools.js';
import { describe, expect, it } from 'vitest';
import { readHeaderRows } from './verify-signatures.ts';

async function ours(section: string): Promise<readonly (readonly [string, string, string])[]> {
  const bytes = Buffer.from(section, 'latin1');
  const rows = await readHeaderRows(contentOf(bytes), bytes.length);
  return rows.map(({ key, casedKey, line }) => [key, casedKey, line.toString('latin1')]);
}

function mailauths(section: string): readonly (readonly [string, string, string])[] {
  return parseHeaders(Buffer.from(section, 'latin1')).parsed.map(({ key, casedKey, line }) => [key, casedKey, line.toString('latin1')]);
}

const line = fc.constantFrom(
  'From: a@b.test',
  'from : x',
  'From',
  ' : folded before the colon',
  '\tfolded',
  ' ',
  ': no name',
  'no field',
  'no field\u00a0: x',
  'X-\u00c9: x',
  'X-Long\t \t: y:z',
  '\u00a0folded by another space',
  'Subject:',
);

describe('header rows', () => {
  it('are mailauth’s', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.constantFrom('', '\r\n', '\r\n\r\n'), async (lines, end) => {
        // A first line that is no field has a name of its own, see below.
        const section = `X-First: 1\r\n${lines.join('\r\n')}${end}`;
        expect(await ours(section)).toEqual(mailauths(section));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['', []],
    ['\r\n', []],
    [' From: x\r\n\r\n', ['from']],
    ['\tFrom : x\r\n y\r\nTo: z\r\n\r\n', ['from', 'to']],
    ['no field\r\nTo: z\r\n\r\n', ['', 'to']],
  ])('of %j', async (section, keys) => {
    expect((await ours(section)).map(([key]) => key)).toEqual(keys);
  });
});
