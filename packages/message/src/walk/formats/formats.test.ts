import { expect, test } from 'vitest';
import { contentOf } from '../../spool.ts';
import { createPartReader } from '../part-reader.ts';
import { attached, base64, collect, lines, multi, outcomeOf, type Row } from '../testing/case.fixture.ts';
import { apple, ber, binhex, der, ENVELOPED_DATA, signedData, uuencode, yencode } from '../testing/encode.fixture.ts';
import {
  ascii,
  attribute,
  DATA,
  embedded,
  long,
  PROPERTIES,
  properties,
  property,
  RENDER,
  TITLE,
  tnef,
  unicode,
} from '../testing/tnef.fixture.ts';

const PAYLOAD = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff));
const mime = lines('Content-Type: application/octet-stream; name=a.exe', '', 'x');
const text = (...body: readonly (string | Buffer)[]) => lines('Content-Type: text/plain', '', ...body);
const encoded = (type: string, bytes: Buffer) => attached([`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64'], [base64(bytes)]);
const winmail = (...attributes: readonly Buffer[]) => encoded('application/ms-tnef', tnef(...attributes));
const render = attribute(RENDER, Buffer.alloc(14));
const smime = (bytes: Buffer) =>
  lines('Content-Type: application/pkcs7-mime; smime-type=signed-data', 'Content-Transfer-Encoding: base64', '', base64(bytes));

const ROWS: readonly Row[] = [
  ['uuencode in a text', text('hello', uuencode(PAYLOAD, 'a.exe'), 'bye'), 'seen'],
  ['uuencode, harmless', text(uuencode(PAYLOAD, 'a.pdf')), 'clean'],
  ['uuencode in a part', attached(['Content-Type: text/plain'], [uuencode(PAYLOAD, 'a.exe')]), 'seen'],
  ['two uuencoded files, the first without end', text('begin 644 a.txt', '#86)C', 'begin 644 a.exe', '#86)C', '`', 'end'), 'seen'],
  ['uuencode without mode, as old Outlook takes it', text('begin  a.exe', '#86)C', '`', 'end'), 'seen'],
  ['a sentence that begins so', text('begin  with the site example.com', 'and go on from there'), 'clean'],
  ['begin-base64', text('begin-base64 644 a.exe', 'eHg=', '===='), 'seen'],
  [
    'uuencode as transfer encoding',
    attached(['Content-Type: a/b', 'Content-Transfer-Encoding: x-uuencode'], [uuencode(PAYLOAD, 'a.exe')]),
    'seen',
  ],
  ['uuencode as transfer encoding, damaged', attached(['Content-Type: a/b', 'Content-Transfer-Encoding: x-uuencode'], ['x']), 'ambiguous'],
  [
    'uuencode in quoted-printable',
    attached(['Content-Type: text/plain', 'Content-Transfer-Encoding: quoted-printable'], ['=62egin 644 a=2Eexe', '#86)C', '`', 'end']),
    'seen',
  ],
  [
    'uuencode in Base64',
    attached(['Content-Type: text/plain', 'Content-Transfer-Encoding: base64'], [base64(uuencode(PAYLOAD, 'a.exe'))]),
    'seen',
  ],
  [
    'uuencode in the preamble',
    lines('Content-Type: multipart/mixed; boundary=bb', '', uuencode(PAYLOAD, 'a.exe'), '--bb', '', 'x', '--bb--'),
    'seen',
  ],
  [
    'uuencode in the epilogue',
    lines('Content-Type: multipart/mixed; boundary=bb', '', '--bb', '', 'x', '--bb--', uuencode(PAYLOAD, 'a.exe')),
    'seen',
  ],
  ['a message in uuencode', text(uuencode(mime, 'x.eml')), 'seen'],
  ['uuencode in HTML', lines('Content-Type: text/html', '', uuencode(PAYLOAD, 'a.exe')), 'seen'],
  ['yEnc', text(yencode(PAYLOAD, 'a.exe')), 'seen'],
  ['yEnc with a name of several words', text(yencode(PAYLOAD, 'my own a.exe')), 'seen'],
  ['BinHex', text(binhex(PAYLOAD, 'a.exe')), 'seen'],
  ['BinHex as a type', attached(['Content-Type: application/mac-binhex40; name=x.hqx'], [binhex(PAYLOAD, 'a.exe')]), 'seen'],
  ['BinHex as transfer encoding', attached(['Content-Type: a/b', 'Content-Transfer-Encoding: binhex'], [binhex(PAYLOAD, 'a.exe')]), 'seen'],
  ['BinHex in Base64', encoded('application/mac-binhex40', Buffer.from(binhex(PAYLOAD, 'a.exe'))), 'seen'],
  ['BinHex, cut', text(binhex(PAYLOAD, 'a.txt').slice(0, 120)), 'ambiguous'],
  ['TNEF, short name', winmail(render, attribute(TITLE, ascii('a.exe'))), 'seen'],
  [
    'TNEF, long name',
    winmail(
      render,
      attribute(TITLE, ascii('A~1.TXT')),
      attribute(PROPERTIES, properties(long(0x3705, 1), property(0x1e, 0x3707, ascii('a.exe')))),
    ),
    'seen',
  ],
  ['TNEF, Unicode name', winmail(render, attribute(PROPERTIES, properties(property(0x1f, 0x3707, unicode('\u010d.exe'))))), 'seen'],
  ['TNEF, only an extension', winmail(render, attribute(PROPERTIES, properties(property(0x1e, 0x3703, ascii('.exe'))))), 'seen'],
  ['TNEF, name behind the data', winmail(render, attribute(DATA, PAYLOAD), attribute(TITLE, ascii('a.exe'))), 'seen'],
  [
    'TNEF, name behind an object',
    winmail(render, attribute(PROPERTIES, properties(property(0x0d, 0x3701, PAYLOAD), property(0x1e, 0x3707, ascii('a.exe'))))),
    'seen',
  ],
  [
    'TNEF in TNEF',
    winmail(render, attribute(PROPERTIES, properties(property(0x0d, 0x3701, embedded(tnef(render, attribute(TITLE, ascii('a.exe')))))))),
    'seen',
  ],
  [
    'TNEF with another type and name',
    encoded('application/octet-stream; name=x.dat', tnef(render, attribute(TITLE, ascii('a.exe')))),
    'seen',
  ],
  ['TNEF as a text', encoded('text/plain', tnef(render, attribute(TITLE, ascii('a.exe')))), 'seen'],
  ['TNEF, harmless', winmail(render, attribute(TITLE, ascii('a.pdf')), attribute(DATA, PAYLOAD)), 'clean'],
  ['TNEF, cut', encoded('application/ms-tnef', tnef(render, attribute(DATA, PAYLOAD)).subarray(0, 60)), 'ambiguous'],
  ['TNEF that is none', encoded('application/ms-tnef', PAYLOAD), 'ambiguous'],
  ['AppleDouble', encoded('application/applefile', apple('a.exe')), 'seen'],
  ['AppleSingle', encoded('application/octet-stream', apple('a.exe', PAYLOAD)), 'seen'],
  [
    'multipart/appledouble',
    lines(
      'Content-Type: multipart/appledouble; boundary=bb',
      '',
      '--bb',
      'Content-Type: application/applefile',
      'Content-Transfer-Encoding: base64',
      '',
      base64(apple('a.exe')),
      '--bb',
      'Content-Type: a/b',
      '',
      'x',
      '--bb--',
    ),
    'seen',
  ],
  ['MacBinary', encoded('application/x-macbinary', Buffer.concat([Buffer.from([0, 5]), Buffer.from('a.exe'), Buffer.alloc(121)])), 'seen'],
  ['S/MIME opaque', smime(signedData(der(0x04, mime))), 'seen'],
  ['S/MIME opaque, indefinite', smime(signedData(ber(0x24, der(0x04, mime.subarray(0, 20)), der(0x04, mime.subarray(20))), ber)), 'seen'],
  [
    'S/MIME opaque, pieces in definite form',
    smime(signedData(der(0x24, der(0x04, mime.subarray(0, 20)), der(0x04, mime.subarray(20))))),
    'seen',
  ],
  [
    'S/MIME by its name',
    attached(
      ['Content-Type: application/octet-stream; name=smime.p7m', 'Content-Transfer-Encoding: base64'],
      [base64(signedData(der(0x04, mime)))],
    ),
    'seen',
  ],
  ['S/MIME in S/MIME', smime(signedData(der(0x04, smime(signedData(der(0x04, mime)))))), 'seen'],
  ['S/MIME signature beside the content', encoded('application/pkcs7-signature; name=smime.p7s', signedData(undefined)), 'clean'],
  ['S/MIME encrypted', smime(der(0x30, ENVELOPED_DATA, der(0xa0, PAYLOAD))), 'clean'],
  ['S/MIME damaged', smime(signedData(der(0x04, mime)).subarray(0, 30)), 'ambiguous'],
  ['a URL in a text', text('see http://www.example.com/a.exe', 'a.exe'), 'clean'],
  [
    'a name in a quoted message',
    text('> Content-Disposition: attachment; filename=a.exe', 'Content-Disposition: attachment; filename=a.exe'),
    'clean',
  ],
];

test.each(ROWS)('a file inside: %s', async (_what, message, outcome) => {
  expect(outcomeOf(await collect(message))).toBe(outcome);
});

const FILES: readonly (readonly [what: string, message: Buffer])[] = [
  ['Base64', encoded('a/b; name=file', PAYLOAD)],
  [
    'Base64 with junk',
    attached(['Content-Type: a/b; name=file', 'Content-Transfer-Encoding: base64'], [base64(PAYLOAD).replaceAll('\r\n', '!\r\n *')]),
  ],
  [
    'Base64 in two padded blocks',
    attached(
      ['Content-Type: a/b; name=file', 'Content-Transfer-Encoding: base64'],
      [base64(PAYLOAD.subarray(0, 100)), base64(PAYLOAD.subarray(100))],
    ),
  ],
  [
    'Base64 without padding',
    attached(['Content-Type: a/b; name=file', 'Content-Transfer-Encoding: base64'], [base64(Buffer.concat([PAYLOAD])).replaceAll('=', '')]),
  ],
  [
    'quoted-printable',
    attached(
      ['Content-Type: a/b; name=file', 'Content-Transfer-Encoding: quoted-printable'],
      [`${[...PAYLOAD].map((octet) => `=${octet.toString(16).padStart(2, '0')}`).join('= \r\n')}=`],
    ),
  ],
  ['octets as they are', multi(['Content-Type: a/b; name=file', 'Content-Transfer-Encoding: binary', '', PAYLOAD])],
  ['uuencode', text('x', uuencode(PAYLOAD, 'file'), 'y')],
  ['uuencode as transfer encoding', attached(['Content-Type: a/b', 'Content-Transfer-Encoding: uuencode'], [uuencode(PAYLOAD, 'file')])],
  ['yEnc', text(yencode(PAYLOAD, 'file'))],
  ['BinHex', text(binhex(PAYLOAD, 'file'))],
  ['TNEF', winmail(render, attribute(TITLE, ascii('file')), attribute(DATA, PAYLOAD))],
  ['AppleSingle', encoded('a/b', apple('file', PAYLOAD))],
  ['S/MIME and Base64', smime(signedData(der(0x04, encoded('a/b; name=file', PAYLOAD))))],
  ['a message in Base64', encoded('message/rfc822', encoded('a/b; name=file', PAYLOAD))],
];

test.each(FILES)('the octets of a file: %s', async (_what, message) => {
  const { tree } = await collect(message);
  const part = tree.parts.findLast((one) => one.names.includes('file'));
  const chunks: Buffer[] = [];
  if (part !== undefined) for await (const chunk of createPartReader(contentOf(message)).open(part)) chunks.push(Buffer.from(chunk));
  expect(Buffer.concat(chunks).toString('hex')).toBe(PAYLOAD.toString('hex'));
});
