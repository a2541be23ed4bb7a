import { BASE64, base64, lines, multipartOf } from '@vratny/support/corpus/case';
import { DOCUMENT, ordinary, TEXT } from './material.ts';
import type { OrdinaryMessage } from './message.ts';

/** Lists, which put a footer where they may. */
const LISTS: Readonly<Record<string, (body: readonly (string | Buffer)[]) => Buffer>> = {
  'a part of its own': (body) =>
    multipartOf(
      'Content-Type: multipart/mixed; boundary="===============1=="',
      '--===============1==',
      ...body,
      '',
      '--===============1==',
      'Content-Type: text/plain; charset="us-ascii"',
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: 7bit',
      'Content-Disposition: inline',
      '',
      '_______________________________________________',
      'list mailing list',
      'list@lists.test',
      '',
      '--===============1==--',
    ),
  'behind the end': (body) =>
    multipartOf(
      'Content-Type: multipart/mixed; boundary="b2"',
      '--b2',
      ...body,
      '--b2--',
      '',
      '-- ',
      'To leave the list, write to list-leave@lists.test',
      'Content of this list is public.',
    ),
  'a header and a footer': (body) =>
    multipartOf(
      'Content-Type: multipart/mixed; boundary="b3"',
      'This is a list.',
      '',
      '--b3',
      'Content-Type: text/plain',
      '',
      '[the list of the house]',
      '',
      '--b3',
      ...body,
      '',
      '--b3',
      'Content-Type: text/plain; name="footer.txt"',
      'Content-Disposition: inline; filename="footer.txt"',
      '',
      'list@lists.test',
      '--b3--',
    ),
  'a moderator’s forward': (body) =>
    multipartOf(
      'Content-Type: multipart/mixed; boundary="b4"',
      '--b4',
      'Content-Type: text/plain',
      '',
      'As list administrator, please decide.',
      '--b4',
      'Content-Type: message/rfc822',
      '',
      lines('From: b@sender.test', 'Subject: held', 'MIME-Version: 1.0'),
      ...body,
      '--b4',
      'Content-Type: message/rfc822',
      '',
      'Subject: confirm 123',
      '',
      'Reply to discard.',
      '--b4--',
    ),
  'a digest': (body) =>
    multipartOf(
      'Content-Type: multipart/mixed; boundary="b5"',
      '--b5',
      ...TEXT,
      '--b5',
      'Content-Type: multipart/digest; boundary="b6"',
      '',
      '--b6',
      '',
      'From: b@sender.test',
      'Subject: one',
      '',
      'Hello',
      '--b6',
      '',
      'From: c@sender.test',
      'Subject: two',
      '',
      'Hello',
      '--b6--',
      '--b5',
      ...body,
      '--b5--',
    ),
};

const BODIES: Readonly<Record<string, readonly (string | Buffer)[]>> = {
  'a text': TEXT,
  'a document': DOCUMENT,
  'a page': ['Content-Type: text/html; charset=utf-8', BASE64, '', base64('<p>Hello</p>')],
  'an alternative': [
    'Content-Type: multipart/alternative; boundary="xyz"',
    '',
    '--xyz',
    ...TEXT,
    '--xyz',
    'Content-Type: text/html',
    '',
    '<p>Hello</p>',
    '--xyz--',
  ],
  'a signed text': [
    'Content-Type: multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary="sig"',
    '',
    '--sig',
    ...TEXT,
    '--sig',
    'Content-Type: application/pgp-signature; name="signature.asc"',
    'Content-Description: OpenPGP digital signature',
    '',
    '-----BEGIN PGP SIGNATURE-----',
    '',
    'iQ==',
    '-----END PGP SIGNATURE-----',
    '--sig--',
  ],
};

/** Mail of lists with footers. */
export function listMail(): readonly OrdinaryMessage[] {
  return Object.entries(LISTS).flatMap(([list, write]) =>
    Object.entries(BODIES).map(([what, body]) => ordinary(`list: ${list}, ${what}`, write(body))),
  );
}
