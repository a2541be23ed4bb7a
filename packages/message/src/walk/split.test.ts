import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Content } from '../content.ts';
import { contentOf } from '../spool.ts';
import { createDecoder } from './encodings/decoder.ts';
import { arbitraryMessage } from './testing/arbitrary-message.fixture.ts';
import { base64, lines, multi } from './testing/case.fixture.ts';
import { apple, binhex, der, signedData, uuencode, yencode } from './testing/encode.fixture.ts';
import { ascii, attribute, DATA, PROPERTIES, properties, property, RENDER, tnef } from './testing/tnef.fixture.ts';
import { walkMessage } from './walk-message.ts';

/** The same octets, in pieces of these sizes, over and over, and each overwritten when the next is asked for. */
function inPieces(bytes: Buffer, sizes: readonly number[]): Content {
  async function* read(): AsyncGenerator<Buffer> {
    for (let at = 0, i = 0; at < bytes.length; i += 1) {
      const size = sizes[i % sizes.length] ?? 1;
      const piece = Buffer.from(bytes.subarray(at, at + size));
      yield await Promise.resolve(piece);
      piece.fill('-');
      at += size;
    }
  }
  return { ...contentOf(bytes), read };
}

const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
const PAYLOAD = Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 5) & 0xff));
const tnefStream = tnef(
  attribute(RENDER, Buffer.alloc(14)),
  attribute(DATA, PAYLOAD),
  attribute(PROPERTIES, properties(property(0x1e, 0x3707, ascii('a.exe')))),
);
const FORMATS = multi(
  ['', uuencode(PAYLOAD, 'a.exe'), yencode(PAYLOAD, 'b.exe'), binhex(PAYLOAD, 'c.exe')],
  ['Content-Type: application/ms-tnef', 'Content-Transfer-Encoding: base64', '', base64(tnefStream)],
  ['Content-Type: application/applefile', 'Content-Transfer-Encoding: base64', '', base64(apple('a.exe', PAYLOAD))],
  [
    'Content-Type: application/pkcs7-mime',
    'Content-Transfer-Encoding: base64',
    '',
    base64(signedData(der(4, lines('Content-Type: a/b; name=d.exe', '', 'x')))),
  ],
  [
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Content-Type: a/b;=20=',
    ' name=3De.exe=',
    '',
    '',
    'x',
  ],
);

test('any split of the octets gives the same tree', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryMessage, sizes, async (message, pieces) => {
      expect(await walkMessage(inPieces(message, pieces))).toEqual(await walkMessage(contentOf(message)));
    }),
    { numRuns: 300 },
  );
});

test.each([[[1]], [[2]], [[3]], [[7, 1]], [[63]], [[64, 5]]])('containers read in pieces of %j', async (pieces) => {
  const tree = await walkMessage(inPieces(FORMATS, pieces));
  expect(tree).toEqual(await walkMessage(contentOf(FORMATS)));
  expect(new Set(tree.parts.flatMap((part) => part.names))).toEqual(new Set(['a.exe', 'b.exe', 'c.exe', 'd.exe', 'e.exe']));
  expect(tree.oddities).toEqual([]);
});

const ENCODINGS = ['base64', 'quoted-printable', 'uuencode', 'yenc', 'binhex', 'cms'] as const;

test.each(ENCODINGS)('%s: any octets in any pieces are decoded alike', (encoding) => {
  const decode = (pieces: readonly Buffer[]): string => {
    const out: Buffer[] = [];
    const decoder = createDecoder(encoding, { push: (bytes) => out.push(Buffer.from(bytes)), end: () => undefined });
    for (const piece of pieces) decoder.push(piece);
    decoder.end();
    return Buffer.concat(out).toString('hex');
  };
  const soup = fc.array(
    fc.constantFrom('=', '==', 'begin 644 x\r\n', ':', '=y', '\r\n', '\n', ' ', 'QUJD', '#86)C', '=3D', '= \r\n', '=\r', '\x90', 'end\r\n'),
  );
  fc.assert(
    fc.property(soup, sizes, (all, by) => {
      const bytes = Buffer.from(all.join(''), 'latin1');
      const pieces: Buffer[] = [];
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const size = by[i % by.length] ?? 1;
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(decode(pieces)).toBe(decode([bytes]));
    }),
    { numRuns: 300 },
  );
});
