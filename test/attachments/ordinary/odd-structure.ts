import { zip } from '@vratny/support/corpus/archives/zip';
import { attached, attachedFile, BASE64, base64, lines, multipartOf } from '@vratny/support/corpus/case';
import { DOCUMENT, ordinary, PDF, report, STATUS, TEXT, ZIP } from './material.ts';
import type { OrdinaryMessage } from './message.ts';

/** Originals that are not whole. */
export const returnedMail = (): readonly OrdinaryMessage[] => {
  const original = lines(
    'From: a@sender.test',
    'Subject: files',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="oo"',
    '',
    '--oo',
    ...TEXT,
    '--oo',
    'Content-Type: application/zip; name="records.zip"',
    BASE64,
    '',
    base64(
      zip(
        ...Array.from({ length: 30 }, (_, index) => ({
          name: `records-${index}.csv`,
          data: Buffer.from(`row ${index * 7919}\n`.repeat(9)),
        })),
      ),
    ),
    '--oo--',
  );
  const header = original.subarray(0, original.indexOf('--oo'));
  const zipped = lines(
    'From: a@sender.test',
    'Subject: files',
    'Content-Type: application/zip; name="records.zip"',
    BASE64,
    '',
    base64(
      zip(
        ...Array.from({ length: 30 }, (_, index) => ({
          name: `records-${index}.csv`,
          data: Buffer.from(`row ${index * 7919}\n`.repeat(9)),
        })),
      ),
    ),
  );
  const notices = [
    'The original message was too large.',
    '----- Message truncated -----',
    '*** body removed ***',
    '[Message clipped]\r\n\r\n-- \r\nthe mail system',
  ];
  const cuts = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9];
  return [
    ...notices.map((notice) =>
      ordinary(
        `a bounce with a multipart cut down to: ${notice.split('\r')[0]}`,
        report('delivery-status', STATUS, ['Content-Type: message/rfc822', '', header, notice]),
      ),
    ),
    ...notices.map((notice) =>
      ordinary(
        `a bounce with the header and: ${notice.split('\r')[0]}`,
        report('delivery-status', STATUS, ['Content-Type: text/rfc822-headers', '', header, notice]),
      ),
    ),
    ...cuts.map((part) =>
      ordinary(
        `a bounce with ${part} of the original`,
        report('delivery-status', STATUS, ['Content-Type: message/rfc822', '', original.subarray(0, Math.floor(original.length * part))]),
      ),
    ),
    ...cuts.map((part) =>
      ordinary(
        `a bounce with ${part} of a zip`,
        report('delivery-status', STATUS, ['Content-Type: message/rfc822', '', zipped.subarray(0, Math.floor(zipped.length * part))]),
      ),
    ),
    ...cuts.map((part) =>
      ordinary(
        `a bounce with ${part} of the original, and no end`,
        report('delivery-status', STATUS, [
          'Content-Type: message/rfc822',
          '',
          original.subarray(0, Math.floor(original.length * part)),
        ]).subarray(0, -'\r\n--rr--\r\n'.length),
      ),
    ),
  ];
};

/** Boundaries, encodings and fields as programs write them. */
export const oddMail = (): readonly OrdinaryMessage[] => {
  const parts = ['--a b', ...TEXT, '--a b', ...DOCUMENT, '--a b--'];
  const plain = ['--bb', ...TEXT, '--bb', ...DOCUMENT, '--bb--'];
  return [
    ordinary('a folded boundary', multipartOf('Content-Type: multipart/mixed; boundary="a\r\n b"', ...parts)),
    ordinary('a boundary folded with a tab', multipartOf('Content-Type: multipart/mixed; boundary="bb\r\n\t"', ...plain)),
    ordinary('a boundary in RFC 2231', multipartOf("Content-Type: multipart/mixed; boundary*=us-ascii''bb", ...plain)),
    ordinary('a boundary in sections', multipartOf('Content-Type: multipart/mixed; boundary*0="b"; boundary*1="b"', ...plain)),
    ordinary('a boundary without quotes and a comment', multipartOf('Content-Type: multipart/mixed; boundary=bb (a comment)', ...plain)),
    ordinary('a closing delimiter twice', multipartOf('Content-Type: multipart/mixed; boundary="bb"', ...plain, '--bb--')),
    ordinary(
      'a footer as a part behind the end',
      multipartOf(
        'Content-Type: multipart/mixed; boundary="bb"',
        ...plain,
        '--bb',
        'Content-Type: text/plain',
        '',
        'list@lists.test',
        '--bb--',
      ),
    ),
    ...[
      `${BASE64};`,
      `${BASE64} ;`,
      'Content-Transfer-Encoding: "base64"',
      `${BASE64} (as always)`,
      'Content-Transfer-Encoding: BASE64 ',
    ].map((field) =>
      ordinary(
        `an encoding written as ${JSON.stringify(field)}`,
        attached(
          ['Content-Type: application/pdf; name="report.pdf"', field, 'Content-Disposition: attachment; filename="report.pdf"'],
          [base64(PDF)],
        ),
      ),
    ),
    ...['jobs.zip', 'jobs.gz', 'jobs.tar.gz', 'jobs.7z', 'jobs.rar', 'jobs.tar', 'jobs.iso'].flatMap((name) => [
      ordinary(`an empty ${name}`, attachedFile(name, Buffer.alloc(0))),
      ordinary(
        `an empty ${name} as text`,
        attached([`Content-Type: application/octet-stream; name="${name}"`, `Content-Disposition: attachment; filename="${name}"`], ['']),
      ),
    ]),
    ordinary(
      'inline and attached',
      attached(
        [
          'Content-Type: image/png; name="a.png"',
          BASE64,
          'Content-Disposition: inline; filename="a.png"',
          'Content-Disposition: attachment; filename="a.png"',
        ],
        [base64('x')],
      ),
    ),
    ...['logo of alza.com', 'Logo: shop.com', 'booking.com', '=?utf-8?Q?logo_of_alza=2Ecom?='].flatMap((text) => [
      ordinary(
        `an image described as ${text}`,
        attached(['Content-Type: image/png', BASE64, 'Content-ID: <logo@x.test>', `Content-Description: ${text}`], [base64('x')]),
      ),
      ordinary(
        `an inline image described as ${text}`,
        attached(['Content-Type: image/png', BASE64, 'Content-Disposition: inline', `Content-Description: ${text}`], [base64('x')]),
      ),
    ]),
    ...[
      'cid:logo@example.com',
      'mid:1@shop.com/logo@shop.com',
      'logo@example.com',
      'http://www.shop.com',
      'https://www.shop.com/',
      'CID:logo@example.com',
    ].map((text) =>
      ordinary(
        `an image at ${text}`,
        attached(['Content-Type: image/gif', BASE64, 'Content-Disposition: inline', `Content-Location: ${text}`], [base64('x')]),
      ),
    ),
    ordinary(
      'a document that is described with a host',
      attached(['Content-Type: application/pdf', BASE64, 'Content-Description: Invoice from alza.com'], [base64(PDF)]),
    ),
    ordinary(
      'a preamble with the lines of a plain part',
      multipartOf(
        'Content-Type: multipart/mixed; boundary="bb"',
        'Content-Type: text/plain',
        'This is a message in several parts.',
        ...plain,
      ),
    ),
    ordinary(
      'Base64 with a footer of a list',
      attached(['Content-Type: application/pdf; name="report.pdf"', BASE64], [base64(PDF), '', '_______________', 'list mailing list']),
    ),
    ordinary(
      'a packed file in Base64 with a footer of a list',
      attached(['Content-Type: application/zip; name="records.zip"', BASE64], [base64(ZIP), '', '-- ', 'list mailing list']),
    ),
  ];
};
