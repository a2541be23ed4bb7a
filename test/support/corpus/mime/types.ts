import { gzipSync } from 'node:zlib';
import { fixture } from '../archives/fixture.ts';
import { tar } from '../archives/unix.ts';
import { zip, zipPieces } from '../archives/zip.ts';
import { attached, BASE64, base64, type CorpusCase, lines, PROGRAM } from '../case.ts';

const EVIL = { name: 'evil.exe', data: PROGRAM };
const FIELD = Buffer.from('Subject: x\r\n\r\n');

/** A zip behind a header, with offsets that count from the beginning of the file. */
function zipBehindField(): Buffer {
  const { locals, central, end } = zipPieces([EVIL], { start: FIELD.length });
  return Buffer.concat([FIELD, locals, central, end]);
}

const CONTENTS: Readonly<Record<string, Buffer>> = {
  'a zip': zip(EVIL),
  'a zip behind a header': zipBehindField(),
  'a packed tar': gzipSync(tar([EVIL])),
  'a packed tar behind a header': Buffer.concat([FIELD, gzipSync(tar([EVIL]))]),
  'a 7z': fixture('7z-good'),
};

/** Types of which somebody might think that they hold no files. */
const TYPES = [
  ...['message/x-foo', 'message/rfc822', 'message/global', 'message/news', 'message/http', 'message/delivery-status', 'message/partial'],
  ...['message/disposition-notification', 'message/feedback-report', 'message/external-body', 'message/tracking-status', 'message/sip'],
  ...['message/rfc822-headers', 'message/global-headers', 'text/rfc822-headers', 'text/plain', 'text/html', 'text/calendar', 'text/x-foo'],
  ...[
    'multipart/x-foo',
    'multipart/mixed',
    'multipart/encrypted',
    'image/png',
    'audio/mpeg',
    'video/mp4',
    'font/woff',
    'model/stl',
    'x-foo/x-bar',
  ],
  ...['application/pdf', 'application/pgp-signature', 'application/pgp-encrypted', 'application/mbox', 'application/x-foo', 'foo'],
];

const octetsInText = (bytes: Buffer) =>
  [...bytes]
    .map((octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
    .replace(/(.{75})/gu, '$1=\r\n');

const ENCODED: readonly (readonly [what: string, field: string, encode: (bytes: Buffer) => string])[] = [
  ['Base64', BASE64, base64],
  ['quoted-printable', 'Content-Transfer-Encoding: quoted-printable', octetsInText],
];

const asFile = (type: string, what: string, content: Buffer, name: string): readonly CorpusCase[] =>
  ENCODED.map(([encoding, field, encode]) => ({
    imitates: `types: ${what} in ${encoding} as ${type}${name === '' ? ' without a name' : ` called ${name}`}`,
    message: attached([`Content-Type: ${type}${name === '' ? '' : `; name="${name}"`}`, field], [encode(content)]),
  }));

const NAMELESS = TYPES.filter((type) => type.startsWith('message/') || type.startsWith('text/'));

/** Any part, whatever its type, is offered to every reader that its content or its name suggests. */
export const TYPE_CASES: readonly CorpusCase[] = [
  ...TYPES.flatMap((type) => asFile(type, 'a zip behind a header', zipBehindField(), 'docs.zip')),
  ...TYPES.flatMap((type) => asFile(type, 'a zip', zip(EVIL), 'docs.zip')),
  ...Object.entries(CONTENTS).flatMap(([what, content]) =>
    ['message/x-foo', 'multipart/x-foo'].flatMap((type) => asFile(type, what, content, 'photo.jpg')),
  ),
  ...NAMELESS.flatMap((type) => asFile(type, 'a zip', zip(EVIL), '').slice(0, type === 'text/plain' ? 1 : 2)),
  ...['boundary="never"', 'boundary=""'].flatMap((parameter) => asFile(`multipart/mixed; ${parameter}`, 'a zip', zip(EVIL), 'docs.zip')),
  {
    imitates: 'types: two encodings, the second one gives a zip',
    message: attached(['Content-Type: application/x-foo', 'Content-Transfer-Encoding: 7bit', BASE64], [base64(zip(EVIL))]),
  },
  {
    imitates: 'types: an encoding in other words',
    message: attached(['Content-Type: application/x-foo; name="docs.bin"', 'Content-Transfer-Encoding: "base64" ;'], [base64(zip(EVIL))]),
  },
  {
    imitates: 'types: a message in a message',
    message: attached(
      ['Content-Type: message/x-foo', BASE64],
      [base64(lines('Content-Type: message/x-bar; name="docs.zip"', BASE64, '', base64(zipBehindField())))],
    ),
  },
  {
    imitates: 'types: Base64 that goes on behind its padding',
    message: attached(['Content-Type: application/octet-stream; name="photo.jpg"', BASE64], [base64('JPEG!'), base64(zip(EVIL))]),
  },
  {
    imitates: 'types: Base64 with digits of URLs',
    message: attached(['Content-Type: application/octet-stream; name="photo.jpg"', BASE64], [urlDigits()]),
  },
  {
    imitates: 'types: a zip behind the end of an inner multipart',
    message: attached(['Content-Type: application/octet-stream; name="photo.jpg"', BASE64], [base64('JPEG'), '--yy--', base64(zip(EVIL))]),
  },
  {
    imitates: 'types: a program called after a message',
    message: attached(
      ['Content-Type: message/rfc822; name="Your order run.exe"', BASE64],
      [base64(Buffer.concat([PROGRAM, Buffer.alloc(20)]))],
    ),
  },
  {
    imitates: 'types: a message called run.exe',
    message: attached(['Content-Type: message/rfc822; name="run.exe"'], ['Subject: x', '', 'y']),
  },
];

/** A tar of which the digits `-` and `_` stand for those that RFC 4648 has for URLs: who skips them sees no archive. */
function urlDigits(): string {
  const archive = zip({ name: 'evil.exe', data: Buffer.alloc(900, '\u00ff\u00fe?>', 'latin1'), stored: true });
  return archive
    .toString('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/(.{76})(?=.)/gu, '$1\r\n');
}
